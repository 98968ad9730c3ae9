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
    if not _has_news(letter):
        return 0
    with transaction.atomic():
        letter.hold_lock()
        return move(Mark, _marks(letter)) + move(WaitingSignature, _waiting(letter))


def _has_news(letter: Letter) -> bool:
    rows = (letter.marks, letter.waiting)
    return any(related.filter(is_scattered=False).exists() for related in rows)


def _marks(letter: Letter) -> list[UUID]:
    """The new ones and a sample of the others: ids are random, so whoever follows a random id is chosen by chance."""
    marks = letter.marks.order_by("pk").values_list("pk", flat=True)
    new = list(marks.filter(is_scattered=False)[:MOST])
    if not new:
        return []
    old, start = marks.filter(is_scattered=True), uuid4()
    company = list(old.filter(pk__gte=start)[:MOST])
    return new + company + list(old.filter(pk__lt=start)[: MOST - len(company)])


def _waiting(letter: Letter) -> list[UUID]:
    """All of them, if one is new: they are hardly more than a batch."""
    rows = list(letter.waiting.values_list("pk", "is_scattered"))
    return [] if all(is_scattered for _, is_scattered in rows) else [pk for pk, _ in rows]
