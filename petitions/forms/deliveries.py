"""Delivering a letter: pressing once delivers once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from petitions.models import Letter, Snapshot


class DeliverForm(forms.Form):
    """The number names the delivery that the page offered: pressed again, it is the same delivery."""

    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    while_open = forms.BooleanField(
        label=_("Deliver now although people can still sign it"),
        error_messages={"required": _("People can still sign. Please close the letter first, or tick this.")},
    )
    again = forms.BooleanField(
        label=_("Send it again to recipients who have it"),
        error_messages={"required": _("It was delivered before. Please tick this to send it once more.")},
    )

    def __init__(self, letter: Letter, next_number: int, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter
        self.next_number = next_number
        self.initial["number"] = next_number
        if not letter.is_open:
            del self.fields["while_open"]
        if (
            not letter.snapshots.filter(reason=Snapshot.Reason.DELIVERY)
            .exclude(number=self._posted())
            .exists()
        ):
            del self.fields["again"]

    def clean_number(self) -> int:
        number: int = self.cleaned_data["number"]
        earlier = self.letter.snapshots.filter(number=number, reason=Snapshot.Reason.DELIVERY)
        if number != self.next_number and not earlier.exists():
            raise forms.ValidationError(
                _("The letter changed since this page was opened. Please look again."), code="stale"
            )
        return number

    def _posted(self) -> int:
        """A repeated press is not a second delivery."""
        typed = str(self.data.get("number", ""))
        return int(typed) if typed.isdecimal() and len(typed) < 9 else 0
