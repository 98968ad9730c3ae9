"""How a letter grew: the chart on its page, and the table that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from petitions.models import Day

WIDTH, HEIGHT = 600, 160  # units of the picture; the page stretches it to its own width
MOST = 60  # rows of the table, and points of the line
STEPS = (1, 7, 28, 91, 364)  # days in a row


@dataclass(frozen=True)
class Row:
    """`signatures` came from `first` to `last`, both included; then there were `total`."""

    first: date
    last: date
    signatures: int
    total: int


@dataclass(frozen=True)
class Growth:
    step: int  # days in a row
    rows: list[Row]

    @property
    def is_by_day(self) -> bool:
        return self.step == 1

    @property
    def total(self) -> int:
        return self.rows[-1].total

    @property
    def line(self) -> str:
        """The `d` of an SVG path from nothing to today's number, left to right."""
        return "M0 {} {}".format(HEIGHT, " ".join(f"L{x} {y}" for x, y in self._points()))

    @property
    def area(self) -> str:
        return f"{self.line} V{HEIGHT} Z"

    def _points(self) -> list[tuple[int, int]]:
        return [
            (round(WIDTH * number / len(self.rows)), round(HEIGHT * (1 - row.total / self.total)))
            for number, row in enumerate(self.rows, start=1)
        ]


def of(days: Sequence[Day]) -> Growth | None:
    """In days while there are few, otherwise in weeks and longer; nothing before there were two days."""
    if len(days) < 2:
        return None
    first, last = days[0].day, days[-1].day
    span = (last - first).days + 1
    step = next((step for step in STEPS if span <= step * MOST), STEPS[-1])
    sums = [0] * -(-span // step)
    for day in days:
        sums[(day.day - first).days // step] += day.signatures
    starts = [first + timedelta(days=step * number) for number in range(len(sums))]
    ends = [min(start + timedelta(days=step - 1), last) for start in starts]
    return Growth(step, [Row(*row) for row in zip(starts, ends, sums, accumulate(sums), strict=True)])
