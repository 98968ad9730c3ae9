"""Rows that are edited together, and how many there may be."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class BoundedFormSet(forms.BaseInlineFormSet):
    """Says the same where too many rows are filled and where a request counts more than are looked at."""

    too_many: Any  # a sentence with `most` in it

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, error_messages={"too_many_forms": self._too_many()}, **options)

    def refuse_too_many(self, rows: list[Any]) -> None:
        if len(rows) > self.max_num:
            raise ValidationError(self._too_many(), code="too_many")

    def _too_many(self) -> str:
        return str(self.too_many) % {"most": self.max_num}
