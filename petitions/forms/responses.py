"""Writing down what a recipient answered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from petitions.forms.texts import MarkdownField
from petitions.models import Demand, Letter, Recipient

ANSWERS = [choice for choice in Demand.Status.choices if choice[0] != Demand.Status.UNANSWERED]


class ResponseForm(forms.Form):
    recipient = forms.ModelChoiceField(label=_("Who answered"), queryset=Recipient.objects.none())
    demand = forms.ModelChoiceField(
        label=_("To which demand"),
        queryset=Demand.objects.none(),
        required=False,
        empty_label=_("to the whole letter"),
    )
    status = forms.ChoiceField(
        label=_("The demand is now"), choices=[("", _("as it was")), *ANSWERS], required=False
    )
    text = MarkdownField(
        label=_("Text"),
        max_length=50_000,
        help_text=_("Markdown, in the recipient's own words. It is public."),
    )

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter
        self.fields["recipient"].queryset = letter.recipients.all()  # type: ignore[attr-defined]
        self.fields["demand"].queryset = letter.demands.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("status") and not cleaned.get("demand") and "demand" not in self.errors:
            self.add_error(
                "demand", ValidationError(_("Please say which demand this is about."), code="no_demand")
            )
        if not self.errors and self._stands_already(cleaned):
            raise ValidationError(_("This answer is recorded already."), code="repeated")
        return cleaned

    def _stands_already(self, cleaned: dict[str, Any]) -> bool:
        """The same words again are a second press of the button."""
        same = {name: cleaned[name] for name in ("recipient", "demand", "text")}
        return self.letter.responses.filter(**same).exists()
