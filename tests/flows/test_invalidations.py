"""Declaring invalid and bringing back: nothing is lost by a kill, and what comes back is what went."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import transaction

from petitions import comparison, counts, tasks
from petitions.api import bundles
from petitions.documents import letters as documents
from petitions.documents import pictures
from petitions.flows import batches, deliveries, invalidations, letters, milestones, receipts, snapshots
from petitions.flows.signatures import Shown
from petitions.models import Appear, Condition, Invalidation, Letter, Signature, Snapshot
from tests.beside import Beside
from tests.factories import make_letter, sign, sign_many, signature_of

pytestmark = pytest.mark.django_db

HOPPER = Condition(words="grace hopper")
ALL = ("named", "sealed", "by_policy")
REASON = "Typed by a program"


class Killed(Exception):
    """The worker is gone, between two slices."""


@pytest.fixture
def small_slices(monkeypatch):
    monkeypatch.setattr(invalidations, "SLICE", 2)
    monkeypatch.setattr(invalidations, "PAUSE", 0)


def begin(letter: Letter, condition: Condition = HOPPER, *, number: int = 1) -> Invalidation:
    expected = invalidations.forecast(letter, condition).total
    by = letter.memberships.get().user
    return invalidations.begin(letter, condition, number=number, expected=expected, reason=REASON, by=by)


def undo(letter: Letter, number: int = 1) -> None:
    invalidation = letter.invalidations.select_related("letter").get(number=number)
    invalidations.undo(invalidation, by=letter.memberships.get().user)


def finish() -> None:
    tasks.invalidate_signatures()


def rows(letter: Letter) -> list[dict[str, object]]:
    return [
        {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}
        for row in letter.signatures.order_by("pk").values()
    ]


def state(letter: Letter) -> str:
    return letter.invalidations.get().state


def test_what_is_invalid_counts_nowhere_is_said_everywhere_and_comes_back_exactly():
    letter = make_letter(milestones=(5,))
    sign_many(letter, 5)
    sign(letter, "Ada Lovelace", statement="Nights are long.")
    milestones.check(letter)
    before = rows(letter)

    begin(letter)
    finish()

    assert state(letter) == "done"
    assert counts.recount(letter).total == 1
    assert [day.signatures for day in counts.shown_days(letter)] == [1]
    told = f"5 signatures were declared invalid by the organizers and are not counted: {REASON}"
    document = documents.current_document(letter, today=letter.opened_at.date())
    assert (document.signatories, document.count_lines[-1]) == (["Ada Lovelace"], told)
    assert json.loads("".join(bundles.pieces(letter)))["named"] == ["Ada Lovelace"]
    assert comparison.compare(letter) == []
    assert letter.milestones.get().reached_at  # one way
    assert letter.invalidations.get().condition is None  # it held a name

    undo(letter)
    finish()

    assert (state(letter), rows(letter)) == ("undone", before)
    assert counts.shown_invalid(letter) == []
    with pytest.raises(invalidations.CannotBeUndone):
        undo(letter)
    verbs = letter.events.order_by("pk").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["invalidation_begun", "invalidation_undone"]


@pytest.mark.parametrize("is_undone", [False, True])
def test_a_kill_between_two_slices_loses_nothing(small_slices, monkeypatch, is_undone):
    letter = make_letter()
    sign_many(letter, 5)
    begin(letter)
    if is_undone:
        finish()
        undo(letter)

    def killed(_seconds: float) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(invalidations.time, "sleep", killed)
        with pytest.raises(Killed):
            finish()
    invalid = letter.signatures.all().invalid()
    assert (invalid.count(), letter.invalidations.get().is_unfinished) == (3 if is_undone else 2, True)
    assert counts.recount(letter).total + invalid.count() == 5

    finish()

    assert (invalid.count(), state(letter)) == ((0, "undone") if is_undone else (5, "done"))


def test_cancelled_in_the_middle_all_come_back(small_slices):
    letter = make_letter()
    sign_many(letter, 5)
    before = rows(letter)
    invalidation = begin(letter)
    assert invalidations.work(invalidation)
    assert letter.signatures.all().invalid().count() == 2

    undo(letter)
    assert invalidations.work(invalidation)  # whoever was at it reads that it goes the other way now
    assert not invalidations.work(invalidation)

    assert (state(letter), rows(letter)) == ("undone", before)


def test_what_signers_do_meanwhile_stays_done():
    letter = make_letter()
    changed, hidden, gone, kept = (sign(letter, "Grace Hopper") for _ in range(4))
    begin(letter)
    receipts.withdraw(sign(letter, "Ada Lovelace"))
    finish()

    receipts.change(changed, Shown(Appear.FULL, "Grace Murray"))
    receipts.change(hidden, Shown(Appear.ANONYMOUS))
    receipts.withdraw(gone)
    for act in (receipts.come_back, receipts.change):
        with pytest.raises(receipts.DeclaredInvalid):
            act(gone, Shown(Appear.FULL, "Grace Hopper"))
    with pytest.raises(receipts.DeclaredInvalid):
        receipts.change(hidden, Shown(Appear.FULL, "Grace Hopper"))
    assert counts.recount(letter).total == 0

    undo(letter)
    finish()

    assert signature_of(changed).public_name == "Grace Murray"
    assert (signature_of(hidden).kind, signature_of(hidden).state) == ("by_policy", "published")
    assert signature_of(gone).is_withdrawn
    assert signature_of(kept).public_name == "Grace Hopper"
    receipts.come_back(gone, Shown(Appear.FULL, "Grace Hopper"))
    assert counts.recount(letter).total == 4


def anonymous(letter: Letter, **crowds: int) -> None:
    """So many by policy, by their proofs; published."""
    for proof, number in crowds.items():
        made = [sign(letter, appear=Appear.ANONYMOUS) for _ in range(number)]
        batches.publish_waiting(letter)
        for receipt in made:
            Signature.objects.filter(pk=signature_of(receipt).pk).update(proof=proof)


@pytest.mark.parametrize(
    ("crowds", "named_proof", "is_refused"),
    [
        ({"mailbox": 5}, "mailbox", False),  # all that there are
        ({"mailbox": 4}, "mailbox", True),
        ({"mailbox": 6, "invitation": 5}, "mailbox", False),
        ({"mailbox": 6, "invitation": 1}, "mailbox", True),
        ({"invitation": 6, "mailbox": 1}, "mailbox", True),  # the one that would be left
        ({"invitation": 6, "mailbox": 6, "former": 1}, "mailbox", True),  # the rest of two answers
        ({"invitation": 6}, "mailbox", True),  # a crowd of none is refused like one of few
        ({}, "invitation", False),  # that nobody is anonymous everybody reads
    ],
)
def test_anonymous_ones_are_hit_in_crowds_or_not_at_all(crowds, named_proof, is_refused):
    letter = make_letter(batch_size=5)
    anonymous(letter, **crowds)
    sign(letter, "Ada Lovelace")
    Signature.objects.filter(name="Ada Lovelace").update(proof=named_proof)
    condition = Condition(
        kinds=ALL, proof="invitation" if "invitation" in crowds or not crowds else "mailbox"
    )
    if is_refused:
        with pytest.raises(invalidations.TooFewAnonymous):
            begin(letter, condition)
        assert not letter.invalidations.exists()
        return
    meant = letter.signatures.filter(proof=condition.proof).count()
    begin(letter, condition)
    assert letter.signatures.all().invalid().exclude(kind="named").count() == crowds.get(condition.proof, 0)
    finish()
    assert letter.signatures.all().invalid().count() == meant
    undo(letter)
    assert letter.signatures.all().invalid().exclude(kind="named").count() == 0


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        (Condition(words="hopper"), ["Grace Hopper"]),
        (Condition(words="engineer"), ["Ada Lovelace"]),
        (Condition(words="%"), []),
        (Condition(version=-1), []),
        (Condition(proof="mailbox"), ["Ada Lovelace", "Grace Hopper", "name under review"]),
        (Condition(words="mickey"), ["name under review"]),
        (Condition(words="hopper", kinds=ALL), ["Grace Hopper"]),
    ],
)
def test_conditions_find_what_the_list_shows(condition, names):
    letter = make_letter()
    sign(letter, "Ada Lovelace", role="Engineer")
    sign(letter, "Grace Hopper")
    sign(letter, "Mickey Mouse")
    anonymous(letter, mailbox=3)
    found = letter.signatures.all().meeting(condition)
    assert sorted(row.public_name for row in found) == names
    if not names:
        with pytest.raises(invalidations.NothingMeant):
            invalidations.forecast(letter, condition)


def test_days_and_versions_and_workplaces():
    letter = make_letter()
    early, late = signature_of(sign(letter, "Ada Lovelace")), signature_of(sign(letter, "Grace Hopper"))
    day = late.signed_on
    letter.signatures.filter(pk=early.pk).update(signed_on=day - timedelta(days=2))
    letter.signatures.filter(pk=late.pk).update(workplace=letter.workplaces.get())

    def found(**parts) -> list[str]:
        kept = Condition.from_json(json.loads(json.dumps(Condition(**parts).as_json())))
        assert kept == Condition(**parts)
        return sorted(letter.signatures.all().meeting(kept).values_list("name", flat=True))

    assert found(until=day - timedelta(days=1)) == ["Ada Lovelace"]
    assert found(since=day) == ["Grace Hopper"]
    assert found(since=day - timedelta(days=2), until=day) == ["Ada Lovelace", "Grace Hopper"]
    assert found(workplace=letter.workplaces.get().pk) == ["Grace Hopper"]
    assert found(version=letter.version.pk) == ["Ada Lovelace", "Grace Hopper"]


def test_two_who_ask_are_told_and_one_who_presses_twice_is_not(django_user_model):
    letter = make_letter()
    sign_many(letter, 3)
    by, other = letter.memberships.get().user, django_user_model.objects.create_user("other@example.org")
    asked = {"number": 1, "expected": 3, "reason": REASON}
    first = invalidations.begin(letter, HOPPER, **asked, by=by)
    assert invalidations.begin(letter, HOPPER, **asked, by=by) == first
    with pytest.raises(invalidations.NumberTaken):
        invalidations.begin(letter, HOPPER, **asked, by=other)
    with pytest.raises(invalidations.NumberTaken):
        invalidations.begin(letter, HOPPER, **asked | {"number": 3}, by=other)
    second = invalidations.begin(letter, HOPPER, **asked | {"number": 2}, by=other)
    finish()

    hit = {one.number: one.signatures.count() for one in (first, second)}
    assert hit == {1: 3, 2: 0}  # each signature once
    undo(letter, number=2)
    finish()
    assert letter.signatures.all().invalid().count() == 3


def test_another_number_than_the_one_that_was_read_does_nothing():
    letter = make_letter()
    sign_many(letter, 3)
    by = letter.memberships.get().user
    with pytest.raises(invalidations.NumberChanged) as changed:
        invalidations.begin(letter, HOPPER, number=1, expected=2, reason=REASON, by=by)
    assert changed.value.found.named == 3
    assert not letter.invalidations.exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_signs_while_it_is_asked_for_is_not_hit():
    letter = make_letter()
    sign_many(letter, 2)
    with transaction.atomic():
        begin(letter)
        signing = Beside(lambda: enter_and_sign(letter))
        signing.wait_a_little()
    assert signing.outcome() is None
    finish()
    assert (letter.signatures.all().invalid().count(), counts.recount(letter).total) == (2, 1)


def enter_and_sign(letter: Letter) -> None:
    with transaction.atomic():
        letter.share_lock()
        sign(letter, "Grace Hopper")


def test_closing_in_the_middle_keeps_its_own_picture_and_the_work_goes_on(small_slices):
    letter = make_letter()
    sign_many(letter, 5)
    invalidation = begin(letter)
    invalidations.work(invalidation)

    letters.close(letter)
    assert not invalidations.work(invalidation)  # the list of the picture is not made yet
    snapshots.freeze_due()
    finish()

    closing = letter.snapshots.get()
    assert closing.count["total"] == 3
    assert closing.sha256 == pictures.digest(closing, closing.count, ["Grace Hopper"] * 3)
    assert counts.recount(letter).total == 0
    assert comparison.compare(letter) == []
    undo(letter)
    finish()
    assert counts.recount(letter).total == 5


def test_a_delivery_waits_for_the_number_and_stays_once_it_is_out():
    letter = make_letter()
    sign_many(letter, 3)
    sign(letter, "Ada Lovelace")
    by = letter.memberships.get().user
    deliveries.deliver(letter, number=1, by=by)
    snapshots.freeze_due()
    begin(letter)
    assert not letter.snapshots.get().is_frozen
    snapshots.freeze_due()
    assert not letter.snapshots.get().is_frozen
    finish()
    snapshots.freeze_due()
    assert letter.snapshots.get().names == ["Ada Lovelace"]

    Snapshot.objects.update(first_body_at="2026-01-01T00:00Z")
    undo(letter)
    finish()
    assert (letter.snapshots.get().names, counts.recount(letter).total) == (["Ada Lovelace"], 4)
