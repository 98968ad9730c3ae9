"""What a number consists of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Tally:
    """What the number consists of: published signatures by kind and by proof."""

    named: int = 0
    sealed: int = 0
    by_policy: int = 0
    by_proof: dict[str, int] = field(default_factory=dict)

    @property
    def anonymous(self) -> int:
        return self.sealed + self.by_policy

    @property
    def total(self) -> int:
        return self.named + self.anonymous

    def as_json(self) -> dict[str, object]:
        """The form that pages, the API and snapshots share."""
        return {
            "total": self.total,
            "named": self.named,
            "anonymous": {"sealed": self.sealed, "by_policy": self.by_policy},
            "by_proof": dict(sorted(self.by_proof.items())),
        }

    def as_cached(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Day:
    """How many of today's published signatures are of that day. An anonymous one is of its batch's day."""

    day: date
    signatures: int

    def as_cached(self) -> tuple[date, int]:
        return self.day, self.signatures


@dataclass(frozen=True)
class Grown:
    """The number with the days that it comes from, counted at one moment: they sum up to it."""

    tally: Tally
    days: list[Day]

    def as_cached(self) -> tuple[dict[str, object], list[tuple[date, int]]]:
        return self.tally.as_cached(), [day.as_cached() for day in self.days]

    @classmethod
    def from_cached(cls, tally: dict[str, Any], days: list[tuple[date, int]]) -> Grown:
        return cls(Tally(**tally), [Day(*day) for day in days])


@dataclass(frozen=True)
class Invalid:
    """How many signatures organizers declared invalid together, and why."""

    reason: str
    signatures: int

    def as_cached(self) -> tuple[str, int]:
        return self.reason, self.signatures


def tallied(rows: Iterable[tuple[str, str, int]]) -> Tally:
    kinds: Counter[str] = Counter()
    proofs: Counter[str] = Counter()
    for kind, proof, number in rows:
        kinds[kind] += number
        proofs[proof] += number
    return Tally(**kinds, by_proof=dict(+proofs))  # without those that nobody showed


def grown(rows: Iterable[tuple[str, str, date, int]]) -> Grown:
    """Of what was signed by each kind, proof and day."""
    counted, days = list(rows), Counter[date]()
    for _kind, _proof, day, number in counted:
        days[day] += number
    tally = tallied((kind, proof, number) for kind, proof, _day, number in counted)
    return Grown(tally, [Day(*day) for day in sorted(days.items())])
