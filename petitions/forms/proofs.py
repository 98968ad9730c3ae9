"""Typing a code."""

from django import forms
from django.utils.translation import gettext_lazy as _

from petitions.crypto import typed
from petitions.forms.shared import with_shared_fields


@with_shared_fields
class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from the mail"),
        max_length=40,
        error_messages={"required": _("Please type the code from the mail.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        code = typed.canonical(self.cleaned_data["code"])
        if len(code) != typed.CODE_LENGTH:
            raise forms.ValidationError(_("The code has eight characters, like ABCD-2345."), code="format")
        return code
