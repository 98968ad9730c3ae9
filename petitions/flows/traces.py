"""Traces: the places of rows, which say who came when. `docs/traces.md` has what they tell and what remains.

A mark and a waiting signature are stored by one transaction, so each is the newest row of its table: whoever lays
the tables side by side has a pair. Each sweep therefore moves what is new, among enough of what is old.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import transaction

from petitions.models import Letter, Mark, WaitingSignature
from petitions.models.places import move

MOST = 500  # new marks, and old ones, that one sweep moves; a letter with fewer is rewritten whole


def scatter(letter: Letter) -> int:
    """Write anew, in an order and under ids of pure chance, what came since the last time; how many rows moved.

    Without news it writes nothing. Otherwise all waiting signatures move, and with new marks as many old ones as
    hide them: between a new row alone and its neighbour in the other table no order of chance would help.
    """
    has_marks, has_waiting = (
        rows.filter(is_scattered=False).exists() for rows in (letter.marks, letter.waiting)
    )
    if not (has_marks or has_waiting):
        return 0
    company = _company(letter) if has_marks else []
    with transaction.atomic():
        letter.hold_lock()
        marks = _marks(letter, company) if has_marks else []
        return move(Mark, marks) + move(WaitingSignature, _waiting(letter))


def _company(letter: Letter) -> list[UUID]:
    """Old marks that hide the new ones: those that follow a random id, since ids are random and drawn anew.

    Not those that follow a value, which stays: they would be known as neighbours among all that moved together, and
    what is no neighbour of theirs as new. Looked for before the lock, since all letters' marks are passed through.
    """
    old, start = letter.marks.filter(is_scattered=True).order_by("pk").values_list("pk", flat=True), uuid4()
    company = list(old.filter(pk__gte=start)[:MOST])
    return company + list(old.filter(pk__lt=start)[: MOST - len(company)])


def _marks(letter: Letter, company: list[UUID]) -> list[UUID]:
    """The new ones, if there are any, in company."""
    new = list(letter.marks.filter(is_scattered=False).order_by("pk").values_list("pk", flat=True)[:MOST])
    return new + company if new else []


def _waiting(letter: Letter) -> list[UUID]:
    """All of them, if one is new: they are hardly more than a batch."""
    rows = list(letter.waiting.values_list("pk", "is_scattered"))
    return [] if all(is_scattered for _, is_scattered in rows) else [pk for pk, _ in rows]
