"""Asking the organizers to take a name down."""

from django import forms
from django.utils.translation import gettext_lazy as _


class TakedownForm(forms.Form):
    reason = forms.CharField(
        label=_("What is wrong?"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Please say what is wrong.")},
    )
