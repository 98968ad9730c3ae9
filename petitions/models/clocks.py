"""Moments as the database keeps them, for rows that are read page by page, the latest first.

SQLite compares text, and there are two ways to write the same thousandth: its clock writes ".120", Django ".120000",
and of a whole second ".000" and nothing. Either may stand in a row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Func, Q, Value

THOUSANDTH = 1_000  # microseconds


def behind(field: str, moment: datetime, *, next_ones: Q) -> Q:
    """Rows of an earlier moment, and of the same moment those that come next."""
    first, *more = ways = _written(moment)
    same = Q(**{field: first})
    for way in more:
        same |= Q(**{field: way})
    not_later = Q(**{f"{field}__lte": ways[-1]})  # for the index
    return not_later & (Q(**{f"{field}__lt": first}) | same & next_ones)


def up_to(field: str, moment: datetime, *, next_ones: Q) -> Q:
    """All others: rows of a later moment, and of the same moment those that do not come next."""
    not_earlier = Q(**{f"{field}__gte": _written(moment)[0]})  # for the index
    return not_earlier & ~behind(field, moment, next_ones=next_ones)


def _written(moment: datetime) -> list[Any]:
    """The ways in which it may stand in a row, in the order in which they compare."""
    if connection.vendor != "sqlite" or moment.microsecond % THOUSANDTH:
        return [moment]
    by_its_clock = Func(
        Value("%Y-%m-%d %H:%M:%f"),
        Value(moment, output_field=models.DateTimeField()),
        function="strftime",
        output_field=models.DateTimeField(),
    )
    return [by_its_clock, moment] if moment.microsecond else [moment, by_its_clock]
