"""How often a letter writes to those who follow it: at most three times in any seven days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

MOST = 3
WEEK = timedelta(days=7)


def is_free(moment: datetime, taken: Iterable[datetime]) -> bool:
    """Whether no seven days around it, wherever they begin, would hold more than that."""
    near = [*(other for other in taken if abs(other - moment) < WEEK), moment]
    beginnings = [first for first in near if first <= moment]
    return all(sum(first <= other < first + WEEK for other in near) <= MOST for first in beginnings)


def next_free(after: datetime, taken: Iterable[datetime]) -> datetime:
    """The earliest moment that is free, from then on."""
    known = list(taken)
    candidates = sorted({after, *(other + WEEK for other in known if other + WEEK > after)})
    return next(moment for moment in candidates if is_free(moment, known))
