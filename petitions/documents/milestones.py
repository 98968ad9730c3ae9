"""Milestones as readers are told of them: those of a letter that come to the same number are one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from petitions.models import Milestone


@dataclass(frozen=True)
class Height:
    threshold: int
    share: int | None  # the largest, of shares that come to the same
    reached_at: datetime | None
    count_seen: int | None
    texts: list[str]  # of those that were reached


def heights(milestones: Iterable[Milestone]) -> list[Height]:
    """By number; a share without a head-count has none."""
    return list(_heights(milestones))


def _heights(milestones: Iterable[Milestone]) -> Iterator[Height]:
    known = [milestone for milestone in milestones if milestone.threshold is not None]
    for threshold, same in groupby(sorted(known, key=_number), _number):
        together = list(same)
        reached = sorted((m.reached_at, m.count_seen, m.text) for m in together if m.reached_at)
        yield Height(
            threshold,
            max((m.share for m in together if m.share), default=None),
            reached[0][0] if reached else None,
            reached[0][1] if reached else None,
            [text for _at, _count, text in reached if text],
        )


def _number(milestone: Milestone) -> int:
    return milestone.threshold or 0
