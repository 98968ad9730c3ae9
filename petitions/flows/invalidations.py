"""Declaring signatures invalid, and bringing them back: asked for in one transaction, done in slices by a worker.

The row says what is wanted and the signatures say what is done, so that a kill between two slices loses nothing.
Anonymous signatures go and come back all together, when it is asked for: a part of them would say something.
"""

from __future__ import annotations

import time

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from petitions.flows import audit, signatures, snapshots
from petitions.models import Condition, Invalidation, Letter, Signature, Snapshot, Tally
from petitions.models.signatures import SignatureQuerySet

SLICE = 500  # rows in a transaction
PAUSE = 0.02  # seconds between two, so that people can sign meanwhile
TURN = 10  # seconds of one ring; what is left waits for the next

State = Invalidation.State


class NothingMeant(Exception):
    """No signature meets the condition."""


class TooFewAnonymous(Exception):
    """By what goes or by what stays it could be told how few anonymous people signed, and how they proved it."""


class NumberChanged(Exception):
    """So many signatures are not what the owner was told; `found` is what they are now."""

    def __init__(self, found: Tally) -> None:
        super().__init__(found.total)
        self.found = found


class NumberTaken(Exception):
    """Somebody else declared signatures invalid since the page was opened."""


class CannotBeUndone(Exception):
    """It was undone before."""


def next_number(letter: Letter) -> int:
    last = letter.invalidations.first()
    return last.number + 1 if last else 1


def forecast(letter: Letter, condition: Condition) -> Tally:
    """What it would hit now. Raises `TooFewAnonymous`, `NothingMeant`."""
    require_crowd(letter, condition)
    found = letter.signatures.all().meeting(condition).tally()
    if not found.total:
        raise NothingMeant
    return found


def require_crowd(letter: Letter, condition: Condition) -> None:
    """Of each anonymous kind, every proof that signers used must have a whole batch behind it, or none can be meant.

    How many used a proof is public, how many of those are anonymous is not: a crowd of none is refused like one of
    few, so that not even the refusal tells which it was.
    """
    rows = letter.signatures.all()
    used = rows.tally().by_proof
    for kind in condition.anonymous_kinds:
        crowds = rows.filter(kind=kind).tally()
        if crowds.total and any(crowds.by_proof.get(proof, 0) < letter.batch_size for proof in used):
            raise TooFewAnonymous


@transaction.atomic
def begin(
    letter: Letter, condition: Condition, *, number: int, expected: int, reason: str, by: User
) -> Invalidation:
    """Ask for it; the same number again is the same one.

    Raises `NumberTaken`, `NumberChanged`, and what `forecast` does.
    """
    letter.hold_lock()
    known = letter.invalidations.filter(number=number).first()
    if known:
        return _same(known, expected, reason, by)
    if number != next_number(letter):
        raise NumberTaken
    found = forecast(letter, condition)
    if found.total != expected:
        raise NumberChanged(found)
    invalidation = letter.invalidations.create(
        number=number, reason=reason, condition=condition.as_json(), expected=expected, by=by
    )
    anonymous = letter.signatures.all().meeting(condition).exclude(kind=Signature.Kind.NAMED)
    _invalidate(anonymous, invalidation)
    snapshots.thaw(letter)  # made anew when the work is done
    audit.record("invalidation_begun", letter=letter, by=by, about=invalidation.pk)
    return invalidation


def _same(known: Invalidation, expected: int, reason: str, by: User) -> Invalidation:
    """Pressed twice by one person, not asked for by two."""
    if (known.by_id, known.expected, known.reason) != (by.pk, expected, reason):
        raise NumberTaken
    return known


@transaction.atomic
def undo(invalidation: Invalidation, *, by: User) -> None:
    """Bring back all that it hit, also while it still works. Raises `CannotBeUndone`."""
    letter = invalidation.letter
    letter.hold_lock()
    if not invalidation.move(State.RUNNING, State.DONE, to=State.UNDOING):
        raise CannotBeUndone
    _bring_back(invalidation.signatures.exclude(kind=Signature.Kind.NAMED), letter)
    snapshots.thaw(letter)
    audit.record("invalidation_undone", letter=letter, by=by, about=invalidation.pk)


def go_on(letter: Letter) -> None:
    """What is left to do for a letter, for as long as one ring may take."""
    until = time.monotonic() + TURN
    for invalidation in letter.invalidations.unfinished().order_by("number"):
        while time.monotonic() < until and work(invalidation):
            time.sleep(PAUSE)


@transaction.atomic
def work(invalidation: Invalidation) -> bool:
    """One slice of named signatures; False when nothing is left, or the letter's closing picture comes first."""
    letter = invalidation.letter
    letter.hold_lock()
    current = Invalidation.objects.get(pk=invalidation.pk)  # somebody may have cancelled it since
    if letter.snapshots.filter(reason=Snapshot.Reason.CLOSING).unfrozen().exists():
        return False
    if current.is_running:
        return _work_forward(current, letter)
    return current.state == State.UNDOING and _work_back(current, letter)


def _work_forward(invalidation: Invalidation, letter: Letter) -> bool:
    named = letter.signatures.all().named().filter(signed_at__lte=invalidation.asked_at)
    meant = named.meeting(invalidation.looked_for)
    if not _invalidate(_slice(meant), invalidation):
        invalidation.move(State.RUNNING, to=State.DONE, ended_at=Now())
        return False
    return True


def _work_back(invalidation: Invalidation, letter: Letter) -> bool:
    if not _bring_back(_slice(invalidation.signatures.all()), letter):
        invalidation.move(State.UNDOING, to=State.UNDONE, ended_at=Now())
        return False
    return True


def _slice(rows: SignatureQuerySet) -> SignatureQuerySet:
    """Some of them, whichever come first, still with the condition: who changed or withdrew meanwhile is left out."""
    return rows.filter(pk__in=list(rows.order_by().values_list("pk", flat=True)[:SLICE]))


def _invalidate(rows: SignatureQuerySet, invalidation: Invalidation) -> int:
    hit = rows.update(state=Signature.State.INVALID, invalidation=invalidation)
    if hit:
        signatures.tell_of_change(invalidation.letter)
    return hit


def _bring_back(rows: SignatureQuerySet, letter: Letter) -> int:
    """Who withdrew meanwhile stays withdrawn, and may come back again."""
    freed = rows.filter(state=Signature.State.WITHDRAWN).update(invalidation=None)
    restored = rows.invalid().update(state=Signature.State.PUBLISHED, invalidation=None)
    if restored:
        signatures.tell_of_change(letter)
    return freed + restored
