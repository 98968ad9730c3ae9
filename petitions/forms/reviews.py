"""Deciding on lines: which were ticked, each with the words that were read, and why one is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from petitions.models import Signature, TakedownReason

MOST = 100  # lines in one go, as many as a page shows


@dataclass(frozen=True)
class Tick:
    """What a tick stands for: a line or its statement, and the digest of the words beside it."""

    part: str
    pk: UUID
    seen: str

    @classmethod
    def of(cls, signature: Signature, part: str) -> Self:
        return cls(part, signature.pk, signature.words_digest)

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises `ValueError`."""
        part, pk, seen = text.split(".")
        return cls(part, UUID(pk), seen)

    def __str__(self) -> str:
        return f"{self.part}.{self.pk}.{self.seen}"


class TicksField(forms.Field):
    """Checkboxes of one name; the page writes them, each beside its line."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {"required": _("Please tick at least one line.")}

    def to_python(self, value: Any) -> list[Tick]:
        try:
            return [Tick.read(text) for text in dict.fromkeys(value or [])][:MOST]
        except ValueError:
            raise ValidationError(_("Please open the page again and tick anew."), code="unknown") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class ReviewForm(forms.Form):
    """What to do with the ticked: show them to everybody, or leave statements out of the list."""

    tick = TicksField()
    act = forms.ChoiceField(
        choices=[("show", _("Show what is ticked")), ("leave", _("Do not show the ticked statements"))],
        error_messages={
            "required": _("Please choose what to do."),
            "invalid_choice": _("Please choose what to do."),
        },
    )


class HideForm(forms.Form):
    tick = TicksField()
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=TakedownReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose why.")},
    )
