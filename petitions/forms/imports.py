"""Imports: what each line of a pasted table would do, by the same forms that the pages use.

django-import-export walks the lines and keeps what is new, changed or refused apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export import resources
from import_export.results import Result, RowResult
from tablib import Dataset

from petitions.documents.canonical import sha256_hex
from petitions.forms.addresses import as_mailed
from petitions.forms.papers import PaperSignatureForm
from petitions.forms.pasted import NotATable, PastedField, Refusal, Table, read
from petitions.forms.recipients import MOST, RecipientForm, with_settled
from petitions.forms.texts import LineField
from petitions.models import Letter, Paper, PaperSignature, Recipient

SAMPLE = 50  # lines of each kind that are shown
NAMES = {"name": ("name", "nombre"), "role": ("role", "title", "position", "cargo", "puesto")}
ADDRESSES = ("e-mail", "email", "mail", "e-mail address", "email address", "correo", "correo electrónico")


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


class RecipientResource(PastedResource):
    columns = {**NAMES, "address": ADDRESSES}
    required = ("name", "address")

    class Meta:
        model = Recipient
        fields = ("name", "role", "address")
        import_id_fields = ("address",)

    def __init__(self, letter: Letter, **options: Any) -> None:
        super().__init__(letter, **options)
        there = with_settled(letter.recipients.all())
        self.there = {recipient.address.lower(): recipient for recipient in there}
        self.before = {recipient.pk: (recipient.name, recipient.role) for recipient in there}

    def plan(self, text: str) -> Plan:
        plan = super().plan(text)
        if len(self.there) + len(plan.added) > MOST:
            sentence = _("Please name at most %(most)s recipients.") % {"most": MOST}
            plan.refusals.append(Refusal(sentence))
        return plan

    def get_instance(self, instance_loader: Any, row: dict[str, str]) -> Recipient | None:
        try:
            return self.there.get(as_mailed(row["address"]).lower())
        except ValidationError:
            return None  # the form says what is wrong with it

    def init_instance(self, row: Any = None) -> Recipient:
        return Recipient(letter=self.letter)

    def cleaned(self, instance: Recipient, row: dict[str, str]) -> dict[str, Any]:
        if instance.pk:
            row["address"] = instance.address  # as it was spelled first
            row.setdefault("role", instance.role)
        form = RecipientForm(row, instance=Recipient(letter=self.letter))
        is_settled = bool(instance.pk and instance.is_settled)  # type: ignore[attr-defined]
        if is_settled and (row["name"], row["role"]) != self.before[instance.pk]:
            gone = {"name": instance.name}
            form.add_error("name", _("%(name)s was written to and stays on the letter as before.") % gone)
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        return {name: form.cleaned_data[name] for name in row}

    def identity(self, instance: Recipient) -> object:
        return instance.address.lower()

    def is_unchanged(self, instance: Recipient) -> bool:
        return self.before.get(instance.pk) == (instance.name, instance.role)


class PaperResource(PastedResource):
    class Meta:
        model = PaperSignature
        fields = ("name", "role")
        import_id_fields: tuple[str, ...] = ()
        force_init_instance = True
        use_bulk = True
        batch_size = 500

    paper: Paper | None = None
    most_lines = 10_000
    fields_of_the_form = PaperSignatureForm.base_fields

    def init_instance(self, row: Any = None) -> PaperSignature:
        return PaperSignature(paper=self.paper)

    def cleaned(self, instance: PaperSignature, row: dict[str, str]) -> dict[str, Any]:
        """By the form's fields one by one: ten thousand forms would take as many times their making."""
        words, wrong = {}, {}
        for name, value in row.items():
            try:
                words[name] = self.fields_of_the_form[name].clean(value)
            except ValidationError as error:
                wrong[name] = error
        if wrong:
            raise ValidationError(wrong)
        return words

    def identity(self, instance: PaperSignature) -> object:
        return (instance.name.casefold(), instance.role.casefold())

    def plan(self, text: str) -> Plan:
        """The very same names once more would be a second press of the button, or a second person's import."""
        plan = super().plan(text)
        mine = set(self.lines)
        for paper in self.letter.papers.filter(number=None):
            rows = PaperSignature.objects.filter(paper=paper)
            if mine and mine == {self.identity(signature) for signature in rows}:
                plan.refusals.append(Refusal(_("Exactly these names were imported before.")))
        return plan


class RecipientsForm(forms.Form):
    resource: type[PastedResource] = RecipientResource

    pasted = PastedField(
        label=gettext_lazy("The table"),
        help_text=gettext_lazy(
            "Copied out of a spreadsheet, or the text of a CSV file, at most 1 MB. The first line names the columns:"
            " name, role, e-mail, in any order."
        ),
        error_messages={"required": gettext_lazy("Please paste the table.")},
    )

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter

    def plan(self) -> Plan:
        return self.resource(self.letter).plan(self.cleaned_data["pasted"])

    def digest(self, plan: Plan) -> str:
        """Of what was pasted, and of what it would do now: confirming is for exactly that."""
        kinds = [plan.added, plan.changed, plan.same, plan.doubled]
        asked = {
            name: str(value).encode(errors="replace").decode() for name, value in self.cleaned_data.items()
        }
        return sha256_hex(
            {"letter": self.letter.pk, "asked": asked, "does": [[line for line, _ in kind] for kind in kinds]}
        )


class PaperNamesForm(RecipientsForm):
    resource = PaperResource

    way = forms.ChoiceField(label=gettext_lazy("How they were collected"), choices=Paper.Way.choices)
    note = LineField(
        label=gettext_lazy("Note for the public"),
        max_length=200,
        help_text=Paper._meta.get_field("note").help_text,
    )
    field_order = ("way", "note", "pasted")

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(letter, *args, **options)
        self.fields["pasted"].help_text = gettext_lazy(
            "Copied out of a spreadsheet, or the text of a CSV file, at most 1 MB and 10,000 lines. The first line"
            " names the columns: name, and role if you have it."
        )
