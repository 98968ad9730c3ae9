"""Rows that are edited together, and how many there may be."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property


class BoundedFormSet(forms.BaseInlineFormSet):
    """Says the same where too many rows are filled and where a request counts more than are looked at."""

    too_many: Any  # a sentence with `most` in it

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, error_messages={"too_many_forms": self._too_many()}, **options)

    def total_form_count(self) -> int:
        return min(super().total_form_count(), self._sent)

    def initial_form_count(self) -> int:
        return min(super().initial_form_count(), self._sent)

    @cached_property
    def _sent(self) -> int:
        """Rows of which a request holds anything: making the others that it counts would take seconds."""
        if not self.is_bound:
            return self.absolute_max
        places = (re.match(rf"{self.prefix}-(\d{{1,6}})-", name) for name in self.data)
        return max((int(place[1]) + 1 for place in places if place), default=0)

    def refuse_too_many(self, rows: list[Any]) -> None:
        if len(rows) > self.max_num:
            raise ValidationError(self._too_many(), code="too_many")

    def _too_many(self) -> str:
        return str(self.too_many) % {"most": self.max_num}
