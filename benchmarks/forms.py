"""The two forms of a run: quick to see where one stands, full for the table that is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    name: str
    runs: int  # figures are their median
    seconds: float  # of one run of reading, and of signing
    sizes: tuple[int, int, int]  # signatures of the three letters
    rush: tuple[int, int]  # seconds, and confirmed signatures a minute
    followers: int
    waiting: int  # anonymous signatures that are published at once
    paper: tuple[int, int]  # names in a PDF
    minutes: float  # after which no other measure begins
    has_bare_machine: bool  # whether a machine with nothing installed is tried

    @property
    def largest(self) -> int:
        return self.sizes[-1]


QUICK = Form("quick", 1, 3, (450, 20_000, 100_000), (10, 3_000), 200, 2_000, (450, 5_000), 2.2, False)
FULL = Form("full", 5, 3, (450, 100_000, 1_000_000), (300, 6_000), 10_000, 10_000, (450, 50_000), 18, True)


def chosen() -> Form:
    return QUICK if os.environ.get("BENCH") == QUICK.name else FULL
