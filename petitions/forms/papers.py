"""Signatures on paper: a number with a note, and names one by one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from petitions.forms.people import PersonField
from petitions.forms.texts import LineField
from petitions.models import Paper, PaperSignature


class PaperForm(forms.ModelForm):
    number = forms.IntegerField(
        label=_("Number"),
        min_value=1,
        max_value=Paper.MOST,
        help_text=_("How many there are, counted by hand."),
    )

    class Meta:
        model = Paper
        fields = ["way", "number", "note"]
        field_classes = {"note": LineField}

    def __init__(self, *args: Any, **options: Any) -> None:
        """Where there are names, their number is the figure."""
        super().__init__(*args, **options)
        if self.instance.pk and self.instance.has_names:
            del self.fields["number"]


class PaperSignatureForm(forms.ModelForm):
    name = PersonField(label=_("Name"))
    role = PersonField(label=_("Role"), required=False)

    class Meta:
        model = PaperSignature
        fields = ["name", "role"]
