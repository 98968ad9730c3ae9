"""Rows that are ticked on a page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

LONGEST = 18  # digits, which every column of keys can hold


class RowsField(forms.ModelMultipleChoiceField):
    """A key that no row can have is no choice; the database would fail at it."""

    def clean(self, value: Any) -> Any:
        for key in value or ():
            if len(str(key)) > LONGEST:
                raise ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": str(key)[:LONGEST]},
                )
        return super().clean(value)
