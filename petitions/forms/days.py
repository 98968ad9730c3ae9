"""Days on which something about a letter has happened."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from petitions.models import Letter


class PastDayField(forms.DateField):
    """Since the letter was opened, and not tomorrow."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, letter: Letter, **options: Any) -> None:
        super().__init__(initial=timezone.localdate, input_formats=["%Y-%m-%d"], **options)
        self.letter = letter

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        opened = self.letter.opened_at
        if day and (day > timezone.localdate() or (opened and day < timezone.localdate(opened))):
            raise ValidationError(
                _("Please give a day between the opening of the letter and today."), code="no_such_day"
            )
        return day
