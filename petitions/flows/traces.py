"""Traces: the places of rows, which say who came when. `docs/traces.md` has what they tell and what remains.

A mark and a waiting signature are stored by one transaction, so each is the newest row of its table: whoever lays
the tables side by side has a pair. Each sweep therefore moves what is new, among enough of what is old.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TypeVar
from uuid import uuid4

from django.db import transaction

from petitions.models import Letter, Mark, WaitingSignature

Row = TypeVar("Row", Mark, WaitingSignature)
MOST = 500  # new marks, and old ones, that one sweep moves; a letter with fewer is rewritten whole
PIECE = 500  # rows in one statement


def scatter(letter: Letter) -> int:
    """Write anew, in an order and under ids of pure chance, what came since the last time; how many rows moved.

    Without news it writes nothing. Otherwise all waiting signatures move, and with new marks as many old ones as
    hide them: between a new row alone and its neighbour in the other table no order of chance would help.
    """
    if not _has_news(letter):
        return 0
    with transaction.atomic():
        letter.hold_lock()
        return _move(_marks(letter)) + _move(_waiting(letter))


def _has_news(letter: Letter) -> bool:
    rows = (letter.marks, letter.waiting)
    return any(related.filter(is_scattered=False).exists() for related in rows)


def _marks(letter: Letter) -> list[Mark]:
    """The new ones and a sample of the others: ids are random, so whoever follows a random id is chosen by chance."""
    new = list(letter.marks.filter(is_scattered=False).order_by("pk")[:MOST])
    if not new:
        return []
    old, start = letter.marks.filter(is_scattered=True).order_by("pk"), uuid4()
    company = list(old.filter(pk__gte=start)[:MOST])
    return new + company + list(old.filter(pk__lt=start)[: MOST - len(company)])


def _waiting(letter: Letter) -> list[WaitingSignature]:
    """All of them: they are hardly more than a batch."""
    is_news = letter.waiting.filter(is_scattered=False).exists()
    return list(letter.waiting.all()) if is_news else []


def _move(rows: list[Row]) -> int:
    """Delete and insert, shuffled."""
    secrets.SystemRandom().shuffle(rows)
    for some in _pieces(rows):
        type(some[0]).objects.filter(pk__in=[row.pk for row in some]).delete()
    for row in rows:
        row.pk, row.is_scattered = uuid4(), True
    for some in _pieces(rows):
        type(some[0]).objects.bulk_create(some)
    return len(rows)


def _pieces(rows: Sequence[Row]) -> list[Sequence[Row]]:
    return [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]
