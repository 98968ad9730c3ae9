"""Using an invitation, and printing a sheet of them."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from petitions.crypto import typed
from petitions.forms.signatures import AppearanceForm, VersionField
from petitions.forms.tokens import HiddenTokenForm
from petitions.models import Letter, Proof, Sheet


class InvitationField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        attributes = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        options |= {
            "label": _("Code of your invitation"),
            "max_length": 60,
            "widget": forms.TextInput(attrs=attributes),
            "error_messages": {"required": _("Please type the code of your invitation.")},
        }
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        code = typed.canonical(super().clean(value))
        if not typed.is_invitation(code):
            raise ValidationError(
                _("An invitation has four groups of four letters and digits."), code="format"
            )
        return code


class InvitationForm(AppearanceForm):
    """`attempt` is this page's own: with it the same code is answered again as the first time."""

    invitation = InvitationField()
    version = VersionField()
    attempt = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("attempt", secrets.token_hex(16))

    def clean_attempt(self) -> str:
        return self.cleaned_data["attempt"] or secrets.token_hex(16)


class BlindedInvitationForm(HiddenTokenForm):
    """An invitation with a hidden token, made by a program on the signer's side."""

    invitation = InvitationField()
    version = VersionField()
    field_order = ["invitation", "blinded"]


class SheetForm(forms.Form):
    proof = forms.ChoiceField(
        label=_("For"),
        choices=[
            (Proof.INVITATION, _("people who work there")),
            (Proof.FORMER, _("people who used to work there, counted apart")),
        ],
    )
    number = forms.IntegerField(label=_("Number of codes"), max_value=Sheet.LARGEST)

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        """At least a batch: of a few codes, everybody would know whose they were."""
        super().__init__(*args, **options)
        least = min(letter.batch_size, Sheet.LARGEST)
        self.initial["number"] = max(40, least)
        number = self.fields["number"]
        number.help_text = _("From %(least)s to %(most)s.") % {"least": least, "most": Sheet.LARGEST}
        number.validators.append(MinValueValidator(least))
