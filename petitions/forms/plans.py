"""What each line of a pasted table would do, by the same forms that the pages use; or what it does.

django-import-export walks the lines and keeps what is new, changed or refused apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import resources
from import_export.results import Result, RowResult
from tablib import Dataset

from petitions.forms.pasted import NotATable, Refusal, Table, read
from petitions.models import Letter

NAMES = {"name": ("name", "nombre"), "role": ("role", "title", "position", "cargo", "puesto")}


@dataclass(frozen=True)
class Plan:
    """What an import would do, line by line, before anything is done."""

    table: Table
    added: list[tuple[int, str]] = field(default_factory=list)
    changed: list[tuple[int, str]] = field(default_factory=list)
    same: list[tuple[int, str]] = field(default_factory=list)
    doubled: list[tuple[int, str]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def is_possible(self) -> bool:
        return bool(self.added or self.changed) and not self.refusals

    @property
    def number(self) -> int:
        return len(self.added) + len(self.changed)


class PastedResource(resources.ModelResource):
    """Every line goes through the form of its kind; the same person twice is taken once."""

    columns: Mapping[str, tuple[str, ...]] = NAMES
    required: tuple[str, ...] = ("name",)
    most_lines = 1_000

    class Meta:
        skip_diff = True
        use_transactions = True

    def __init__(self, letter: Letter, **options: Any) -> None:
        super().__init__(**options)
        self.letter = letter
        self.lines: dict[object, int] = {}  # where each person stood first
        self.twice: dict[int, int] = {}  # line and the earlier one that says the same
        self.line = 0

    def plan(self, text: str) -> Plan:
        """Nothing is written."""
        try:
            table = read(text, self.columns, required=self.required, most=self.most_lines)
        except NotATable as refused:
            return Plan(Table([], [], [], []), refusals=[refused.refusal])
        return self._told(table, self.run(table, dry_run=True))

    def run(self, table: Table, *, dry_run: bool) -> Result:
        """All or nothing. Raises `ImportError` of import-export where a line is refused after all."""
        self.lines, self.twice, self.table = {}, {}, table
        headers = list(table.rows[0])
        data = Dataset(*([*row.values()] for row in table.rows), headers=headers)
        return self.import_data(data, dry_run=dry_run, raise_errors=not dry_run)

    def before_import_row(self, row: dict[str, str], **options: Any) -> None:
        self.line = self.table.lines[options["row_number"] - 1]

    def import_instance(self, instance: Any, row: dict[str, str], **options: Any) -> None:
        """The form decides, and not the library's widgets."""
        for name, value in self.cleaned(instance, row).items():
            setattr(instance, name, value)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        if import_validation_errors:
            return False
        person = self.identity(instance)
        if person in self.lines:
            self.twice[self.line] = self.lines[person]
            return True
        self.lines[person] = self.line
        return self.is_unchanged(instance)

    def save_instance(self, instance: Any, is_create: bool, row: Any, **options: Any) -> None:
        if not options["dry_run"]:
            super().save_instance(instance, is_create, row, **options)

    def cleaned(self, instance: Any, row: dict[str, str]) -> dict[str, Any]:
        """The form's words. Raises `ValidationError`."""
        raise NotImplementedError

    def identity(self, instance: Any) -> object:
        raise NotImplementedError

    def is_unchanged(self, instance: Any) -> bool:
        return False

    def _told(self, table: Table, result: Result) -> Plan:
        plan = Plan(table, refusals=[*table.refusals])
        for line, row, outcome in zip(table.lines, table.rows, result.rows, strict=True):
            who = row["name"]
            if outcome.validation_error:
                plan.refusals.extend(self._refusals(line, outcome.validation_error))
            elif outcome.errors:
                plan.refusals.append(Refusal(_("This line cannot be used."), line))
            elif line in self.twice:
                plan.doubled.append((line, _("the same as line %(line)s") % {"line": self.twice[line]}))
            else:
                kinds = {RowResult.IMPORT_TYPE_NEW: plan.added, RowResult.IMPORT_TYPE_UPDATE: plan.changed}
                kinds.get(outcome.import_type, plan.same).append((line, who))
        plan.refusals.sort(key=lambda refusal: refusal.line or 0)
        return plan

    def _refusals(self, line: int, error: ValidationError) -> list[Refusal]:
        return [
            Refusal(sentence, line, self.columns[column][0] if column in self.columns else "")
            for column, sentences in error.message_dict.items()
            for sentence in sentences
        ]
