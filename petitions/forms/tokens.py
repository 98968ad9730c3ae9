"""Asking for a token, and handing one in."""

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


class RedeemForm(forms.Form):
    token = forms.CharField(
        label=_("Token"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The line that begins with “undersigned1.”. Never paste the receipt here."),
        error_messages={"required": _("Please paste the token.")},
    )
    signature = forms.CharField(
        label=_("Its signature"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Please paste the signature of the token.")},
    )
