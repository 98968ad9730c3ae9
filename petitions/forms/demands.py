"""The demands of a letter, edited together: they are numbered from 1 without gaps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions.forms.bounded import BoundedFormSet
from petitions.forms.texts import LineField, MarkdownField
from petitions.models import Demand

MOST = 50
ASIDE = 10_000  # above every number in use


class DemandForm(forms.ModelForm):
    class Meta:
        model = Demand
        fields = ["number", "title", "text", "status"]
        field_classes = {"title": LineField, "text": MarkdownField}
        help_texts = {"number": gettext_lazy("Empty: last.")}
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "number" in self.fields:
            self.fields["number"].required = False

    def validate_constraints(self) -> None:
        """Numbers are compared and given out by the set, which knows all of them."""


class DemandFormSet(BoundedFormSet):
    too_many = gettext_lazy("Please make at most %(most)s demands.")

    def clean(self) -> None:
        """Numbers say the order; what is blank goes to the end; gaps close."""
        if any(self.errors) or "number" not in self.form.base_fields:
            return
        rows = _living(self)
        self.refuse_too_many(rows)
        typed = [form.cleaned_data.get("number") for form in rows]
        doubled = {number for number in typed if number is not None and typed.count(number) > 1}
        if doubled:
            sentence = _("Two demands have the number %(number)s.") % {"number": min(doubled)}
            raise ValidationError(sentence, code="doubled")
        rows.sort(
            key=lambda form: (form.cleaned_data.get("number") is None, form.cleaned_data.get("number") or 0)
        )
        for number, form in enumerate(rows, start=1):
            form.instance.number = number

    def save(self, commit: bool = True) -> Any:
        """All step aside before each takes its number: in a letter no two may have the same, not even in passing.

        What somebody else added meanwhile comes last.
        """
        if "number" not in self.form.base_fields:
            return super().save(commit)
        Demand.objects.filter(letter=self.instance).update(number=F("number") + ASIDE)
        saved = super().save(commit)
        living = sorted((form.instance for form in _living(self)), key=lambda demand: demand.number)
        mine = [demand.pk for demand in living]
        others = Demand.objects.filter(letter=self.instance).exclude(pk__in=mine).order_by("number")
        for number, pk in enumerate([*mine, *others.values_list("pk", flat=True)], start=1):
            Demand.objects.filter(pk=pk).update(number=number)
        return saved


def _living(formset: Any) -> list[Any]:
    """The rows that stay: neither left empty nor marked for removal."""
    leaving = formset.deleted_forms
    return [
        form for form in formset.forms if form not in leaving and (form.instance.pk or form.has_changed())
    ]
