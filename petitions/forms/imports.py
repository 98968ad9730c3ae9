"""Imports of recipients, and of names from paper, out of a pasted table."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions.documents.canonical import sha256_hex
from petitions.forms.addresses import as_mailed
from petitions.forms.papers import PaperSignatureForm
from petitions.forms.pasted import PastedField, Refusal
from petitions.forms.plans import NAMES, PastedResource, Plan
from petitions.forms.recipients import MOST, RecipientForm, with_settled
from petitions.forms.texts import LineField
from petitions.models import Letter, Paper, PaperSignature, Recipient

ADDRESSES = ("e-mail", "email", "mail", "e-mail address", "email address", "correo", "correo electrónico")


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
