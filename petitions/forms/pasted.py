"""A table that somebody copied out of a spreadsheet and pasted: lines, columns, and where something is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions.forms.texts import DAMAGED

LARGEST = 1_000_000  # bytes
SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Refusal:
    """What is wrong, with its line and column where there is one."""

    sentence: str
    line: int | None = None
    column: str = ""

    def __str__(self) -> str:
        words = {"line": self.line, "column": self.column, "sentence": self.sentence}
        if self.column:
            return _("Line %(line)s, %(column)s: %(sentence)s") % words
        return _("Line %(line)s: %(sentence)s") % words if self.line else self.sentence


class NotATable(Exception):
    """Nothing of it can be looked at line by line."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.refusal = Refusal(sentence, line)


@dataclass(frozen=True)
class Table:
    """Rows by the names of our columns, each with the line on which it begins."""

    rows: list[dict[str, str]]
    lines: list[int]
    unused: list[str]
    refusals: list[Refusal]


class PastedField(forms.Field):
    """Text of many lines as it came: what is wrong inside is said by its line, and not here."""

    widget = forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off"})

    def to_python(self, value: object) -> str:
        text = str(value or "").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        if len(text.encode(errors="replace")) > LARGEST:
            raise ValidationError(
                gettext_lazy("This is too much at once: at most 1 MB. Please import it in parts."),
                code="too_large",
            )
        return text


def read(text: str, columns: Mapping[str, Sequence[str]], *, required: Sequence[str], most: int) -> Table:
    """`columns` holds each column's other names, in small letters. Raises `NotATable`."""
    records = _records(text)
    line, header = next(records, (0, []))
    if not header:
        raise NotATable(_("Please paste the table."))
    if any(DAMAGED in cell for cell in header):
        raise NotATable(_("This text is damaged. Please type it again."), line)
    places, unused = _places(header, columns, required)
    table = Table([], [], unused, [])
    for line, cells in records:
        if len(table.rows) == most:
            raise NotATable(_("These are too many lines at once: at most %(most)s.") % {"most": most}, line)
        if any(cell.strip() for cell in cells[len(header) :]):
            table.refusals.append(Refusal(_("This line has more cells than the first one."), line))
        padded = cells + [""] * len(header)
        table.rows.append({name: padded[place].strip() for name, place in places.items()})
        table.lines.append(line)
    if not table.rows:
        raise NotATable(_("Below the first line, which names the columns, there is nothing."))
    return table


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank, with its first line: a cell in quotes can go over several."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise NotATable(
                _("A quotation mark is opened here and not closed as it should be."), line
            ) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _separator(text: str) -> str:
    """What stands most often in the first line that says something."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return max(SEPARATORS, key=first.count)


def _places(
    header: Sequence[str], columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> tuple[dict[str, int], list[str]]:
    known = {other: name for name, others in columns.items() for other in (name, *others)}
    places: dict[str, int] = {}
    unused = []
    for place, cell in enumerate(header):
        name = known.get(" ".join(cell.casefold().split()))
        if name is None:
            unused.append(cell.strip())
        elif name in places:
            raise NotATable(_("Two columns have the name “%(name)s”.") % {"name": cell.strip()}, 1)
        else:
            places[name] = place
    missing = [columns[name][0] for name in required if name not in places]
    if missing:
        raise NotATable(
            _("The first line has to name the columns. Missing: %(missing)s.")
            % {"missing": ", ".join(missing)},
            1,
        )
    return places, [name for name in unused if name]
