"""Signing, and changing a signature later."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from petitions.crypto import typed
from petitions.forms.addresses import AddressField, allowed_domain
from petitions.forms.people import PersonField, StatementField, shortened
from petitions.forms.shared import with_shared_fields
from petitions.models import Appear, Letter, Version

NAMELESS = {Appear.ROLE, Appear.ANONYMOUS}


class AppearanceForm(forms.Form):
    """How to appear. What comes out is what will be shown, and nothing more."""

    appear = forms.ChoiceField(
        label=_("How do you want to appear?"),
        choices=Appear.choices,
        widget=forms.RadioSelect,
        initial=Appear.FULL,
        error_messages={
            "required": _("Please choose how you want to appear."),
            "invalid_choice": _("Please choose how you want to appear."),
        },
    )
    name = PersonField(label=_("Your name"), required=False)
    role = PersonField(label=_("Your role"), required=False)
    statement = StatementField(
        label=_("Why I sign"), most=280, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        """Only what will be shown leaves this form: a full name typed for an initial is cut here."""
        cleaned = super().clean() or {}
        self._require_once()
        appear = cleaned.get("appear")
        self._require(appear, cleaned)
        if appear in NAMELESS:
            cleaned["name"] = ""
        if appear == Appear.INITIAL:
            cleaned["name"] = shortened(cleaned.get("name", ""))
        if appear == Appear.ANONYMOUS:
            cleaned["role"] = cleaned["statement"] = ""
            for field in ("name", "role", "statement"):
                self.errors.pop(field, None)
        return cleaned

    def _require_once(self) -> None:
        """A browser sends each field once; whatever sends two may mean either."""
        values = getattr(self.data, "getlist", lambda _name: ())
        if any(len(values(name)) > 1 for name in self.fields):
            raise ValidationError(
                _("A field was sent twice. Please fill in the form once more."), code="repeated"
            )

    def _require(self, appear: str | None, cleaned: dict[str, Any]) -> None:
        if appear in (Appear.FULL, Appear.INITIAL) and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", ValidationError(_("Please type your name."), code="name_required"))
        if appear == Appear.ROLE and not cleaned.get("role") and "role" not in self.errors:
            self.add_error("role", ValidationError(_("Please type your role."), code="role_required"))


class VersionField(forms.CharField):
    """The hash of the text that the page showed as the one to be signed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=64, widget=forms.HiddenInput, **options)


@with_shared_fields
class SignForm(AppearanceForm):
    version = VersionField()
    address = AddressField(
        label=_("Your work e-mail address"),
        error_messages={"required": _("Please type your work e-mail address.")},
    )

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter

    def clean_version(self) -> str:
        return self.cleaned_data["version"] or Version.in_force(self.letter).sha256

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        self.domain = allowed_domain(self.letter, address)
        return address


class ReceiptForm(forms.Form):
    receipt = forms.CharField(
        label=_("Your receipt"),
        max_length=100,
        error_messages={"required": _("Please type your receipt.")},
    )

    def clean_receipt(self) -> str:
        receipt = typed.canonical(self.cleaned_data["receipt"])
        if not typed.is_receipt(receipt):
            raise ValidationError(
                _("This is not a receipt: it has seven groups of four characters."), code="format"
            )
        return receipt
