"""Asking for a token, and handing one in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from petitions.crypto import tokens
from petitions.forms.proofs import CodeForm

LONGEST = 2_000  # characters; a hidden token has 512, and people paste line ends with it


class HiddenTokenForm(forms.Form):
    """A token that a program on the signer's side has made and hidden."""

    blinded = forms.CharField(
        label=_("The hidden token"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Please paste what the offline program calls “blinded”.")},
    )

    def clean_blinded(self) -> bytes:
        try:
            return tokens.from_text(self.cleaned_data["blinded"])
        except tokens.NotBase64:
            raise forms.ValidationError(
                _("This is not a hidden token. Please paste all of it, from the first letter to the last."),
                code="format",
            ) from None


class BlindedForm(HiddenTokenForm, CodeForm):
    """The code from the mail with a hidden token."""


class LineField(forms.CharField):
    """A line of a token's file; whoever copies all of it copies its name too."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(max_length=LONGEST, **options)
        self.name = name

    def clean(self, value: Any) -> str:
        return super().clean(value).removeprefix(f"{self.name}:").strip()


class RedeemForm(forms.Form):
    token = LineField(
        "token",
        label=_("Token"),
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The line that begins with “token:” or “undersigned1.”. Never paste the receipt here."),
        error_messages={"required": _("Please paste the token.")},
    )
    signature = LineField(
        "signature",
        label=_("Its signature"),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The line that begins with “signature:”, all of it."),
        error_messages={"required": _("Please paste the signature of the token.")},
    )
