"""Telling signers and the public what happened."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from petitions.forms.texts import LineField, MarkdownField
from petitions.models import Letter


class UpdateForm(forms.Form):
    title = LineField(label=_("Title"), max_length=200)
    text = MarkdownField(label=_("Text"), max_length=50_000, help_text=_("Markdown: **bold**, lists, links."))

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter

    def clean(self) -> dict[str, Any]:
        """The same words again are a second press of the button."""
        cleaned = super().clean() or {}
        if not self.errors and self.letter.updates.filter(**cleaned).exists():
            raise ValidationError(_("This update is posted already."), code="repeated")
        return cleaned
