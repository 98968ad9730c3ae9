"""The table at the end: per surface, what passed, failed, and was not checked, which is never counted as passed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.weather.corpus import Case
from tests.weather.verdict import Verdict

COLUMNS = ("cases", "passed", "failed", "not checked", "absent by design", "by another test")


@dataclass
class Report:
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    def lines(self, cases: Iterable[Case], absent: Iterable[str], elsewhere: Iterable[str]) -> list[str]:
        """Only what ran in this process is passed; what another test proves is said to be that."""
        table: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COLUMNS, 0))
        for case in cases:
            row = table[case.surface]
            row["cases"] += 1
            row[self._column(case, set(absent), set(elsewhere))] += 1
        total = {name: sum(row[name] for row in table.values()) for name in COLUMNS}
        return [
            _line("surface", [*COLUMNS]),
            *(_line(name, [str(row[column]) for column in COLUMNS]) for name, row in sorted(table.items())),
            _line("all", [str(total[column]) for column in COLUMNS]),
            *self._unseen(),
        ]

    def _column(self, case: Case, absent: set[str], elsewhere: set[str]) -> str:
        if case.id in absent:
            return "absent by design"
        if case.id in elsewhere:
            return "by another test"
        verdict = self.verdicts.get(case.id)
        if verdict is None:
            return "not checked"
        if verdict.wrong:
            return "failed"
        return "not checked" if verdict.unseen else "passed"

    def _unseen(self) -> list[str]:
        partly = {name: verdict.unseen for name, verdict in self.verdicts.items() if verdict.unseen}
        return [f"  {name}: not observed: {', '.join(keys)}" for name, keys in sorted(partly.items())]


def _line(name: str, cells: list[str]) -> str:
    return f"{name:<22}" + "".join(f"{cell:>17}" for cell in cells)
