"""Traces: the places of rows, which say who came when. `docs/traces.md` has what they tell and what remains.

A mark and a waiting signature are stored by one transaction, so each is the newest row of its table: whoever lays
the tables side by side has a pair. Each sweep therefore moves what is new, among enough of what is old.
"""

from __future__ import annotations

import secrets
from uuid import UUID

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
    """The new ones and a sample of the others: values are as good as random, so whoever follows a random one is
    chosen by chance. By ids all letters' marks would be passed through, and signers wait meanwhile.
    """
    new = list(letter.marks.filter(is_scattered=False).order_by("pk").values_list("pk", flat=True)[:MOST])
    if not new:
        return []
    old = letter.marks.filter(is_scattered=True).order_by("value").values_list("pk", flat=True)
    start = secrets.token_bytes(32)
    company = list(old.filter(value__gte=start)[:MOST])
    return new + company + list(old.filter(value__lt=start)[: MOST - len(company)])


def _waiting(letter: Letter) -> list[UUID]:
    """All of them, if one is new: they are hardly more than a batch."""
    rows = list(letter.waiting.values_list("pk", "is_scattered"))
    return [] if all(is_scattered for _, is_scattered in rows) else [pk for pk, _ in rows]
