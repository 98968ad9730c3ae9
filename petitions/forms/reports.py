"""Reporting a letter to the operators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from petitions.models import Letter


class ReportForm(forms.Form):
    letter = forms.CharField(
        label=_("Which letter?"),
        max_length=500,
        error_messages={"required": _("Please paste the address of the letter.")},
    )
    text = forms.CharField(
        label=_("What is wrong with it?"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Please say what is wrong.")},
    )

    def clean_letter(self) -> Letter:
        """By its whole address or the end of it. One that may not be seen is as unknown as one that is not there."""
        typed = self.cleaned_data["letter"].strip().rstrip("/")
        slug = typed.partition("/letters/")[2].partition("/")[0] or typed.rpartition("/")[2]
        found = Letter.objects.published().filter(slug=slug).first()
        if found is None:
            raise ValidationError(_("There is no letter at this address. Please copy it from its page."))
        return found

    def clean_text(self) -> Any:
        return self.cleaned_data["text"].strip()
