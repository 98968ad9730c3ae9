"""What a letter's form reads and writes, told apart from what it was: no editor overwrites another unread."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from petitions.forms.demands import DemandForm
from petitions.forms.letters import LetterForm
from petitions.forms.milestones import MilestoneForm
from petitions.forms.recipients import RecipientForm
from petitions.models import Letter

MANY = "workplaces"
FIELDS = LetterForm.Meta.fields
PARTS = {
    "demands": DemandForm.Meta.fields,
    "recipients": RecipientForm.Meta.fields,
    "milestones": MilestoneForm.Meta.fields,
}


def digest(letter: Letter) -> str:
    """Of what is stored now. It differs as soon as anything differs that the form writes, or its state does."""
    fields = [name for name in FIELDS if name != MANY]
    stored = {
        "letter": Letter.objects.filter(pk=letter.pk).values("state", *fields).get(),
        MANY: sorted(letter.workplaces.values_list("pk", flat=True)),
        **{name: list(_rows(letter, name).order_by("pk").values("pk", *PARTS[name])) for name in PARTS},
    }
    return hashlib.sha256(json.dumps(stored, default=str, sort_keys=True).encode()).hexdigest()


def lines(letter: Letter) -> dict[str, str]:
    """What is stored, for reading: each under its name."""
    stored = Letter.objects.get(pk=letter.pk)
    told = {name_of(Letter, name): _shown(stored, name) for name in FIELDS}
    for demand in letter.demands.all():
        words = (_shown(demand, name) for name in ("title", "text", "status"))
        told[_("Demand %(number)s") % {"number": demand.number}] = _joined("\n", words)
    for name in ("recipients", "milestones"):
        rows = _rows(letter, name)
        fields = PARTS[name]
        told[capfirst(str(rows.model._meta.verbose_name_plural))] = _joined(
            "\n", (_joined(", ", (_shown(row, field) for field in fields)) for row in rows)
        )
    return told


def rebased(data: QueryDict, letter: Letter) -> QueryDict:
    """What was typed, with rows that somebody else removed meanwhile as new ones: they can be saved again."""
    moved = data.copy()
    for prefix in PARTS:
        known = {str(pk) for pk in _rows(letter, prefix).values_list("pk", flat=True)}
        _rebase(moved, prefix, known)
    return moved


def _rebase(data: QueryDict, prefix: str, known: set[str]) -> None:
    numbers = range(_number(data, f"{prefix}-TOTAL_FORMS"))
    rows = [_taken(data, f"{prefix}-{number}-") for number in numbers]
    staying = [row for row in rows if row.get("id", [""])[0] in known]
    others = [row | {"id": [""]} for row in rows if row.get("id", [""])[0] not in known]
    for number, row in enumerate([*staying, *others]):
        for name, values in row.items():
            data.setlist(f"{prefix}-{number}-{name}", values)
    data[f"{prefix}-INITIAL_FORMS"] = str(len(staying))


def _number(data: QueryDict, name: str) -> int:
    """As many rows as a page of ours can have."""
    typed = data.get(name, "")
    return min(int(typed), 1_000) if typed.isdecimal() else 0


def _taken(data: QueryDict, start: str) -> dict[str, list[str]]:
    names = [name for name in data if name.startswith(start)]
    return {name.removeprefix(start): data.pop(name) for name in names}


def _rows(letter: Letter, name: str) -> Any:
    return getattr(letter, name).all()


def name_of(model: type[Model], name: str) -> str:
    return capfirst(str(model._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _shown(row: Any, name: str) -> str:
    if name == MANY:
        return ", ".join(map(str, row.workplaces.all()))
    display = getattr(row, f"get_{name}_display", None)
    value = display() if display else getattr(row, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return ""
    return str(localize(timezone.localtime(value) if hasattr(value, "tzinfo") else value))


def _joined(by: str, words: Iterable[str]) -> str:
    return by.join(filter(None, words))
