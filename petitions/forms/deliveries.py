"""Delivering a letter: pressing once delivers once, to those who are ticked, with the title typed."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from petitions.forms.rows import RowsField
from petitions.models import Delivery, Letter, Recipient, Snapshot

NOBODY = _("There is nobody to deliver it to: no recipient takes mail.")


class DeliverForm(forms.Form):
    """The number names the delivery that the page offered: pressed again, it is the same delivery."""

    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    recipients = RowsField(
        queryset=Recipient.objects.none(),
        error_messages={
            "required": _("Please tick at least one recipient."),
            "invalid_choice": _("Somebody who is ticked takes no mail any more. Please look again."),
        },
    )
    while_open = forms.BooleanField(
        label=_("Deliver now although people can still sign it"),
        error_messages={"required": _("People can still sign. Please close the letter first, or tick this.")},
    )
    again = forms.BooleanField(label=_("Send it again to recipients who have it"), required=False)
    title = forms.CharField(
        label=_("Title"),
        max_length=400,
        error_messages={"required": _("Please type the title of the letter.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )

    def __init__(self, picture: Snapshot, next_number: int, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter: Letter = picture.letter
        self.picture = picture
        self.next_number = next_number
        reachable = Recipient.objects.reachable().filter(letter=self.letter)
        self.fields["recipients"].queryset = reachable  # type: ignore[attr-defined]
        if not reachable:
            self.fields["recipients"].error_messages["required"] = NOBODY
        has_it = having(self.letter).exclude(snapshot__number=self._posted())
        self.have_it = set(has_it.values_list("recipient", flat=True))
        self.initial["recipients"] = [person.pk for person in reachable if person.pk not in self.have_it]
        if not self.letter.is_open:
            del self.fields["while_open"]
        if not self.have_it:
            del self.fields["again"]

    def visible_fields(self) -> list[forms.BoundField]:
        """The page shows the recipients itself, each with what they have."""
        return [field for field in super().visible_fields() if field.name != "recipients"]

    def ticked(self) -> set[int]:
        """As posted, or as offered: those who have nothing yet."""
        return {int(pk) for pk in self["recipients"].value() or [] if str(pk).isdecimal()}

    def clean_number(self) -> int:
        number: int = self.cleaned_data["number"]
        if number != self.next_number and not self._is_repeated(number):
            raise ValidationError(_("The letter changed since this page was opened. Please look again."))
        return number

    def clean_title(self) -> str:
        typed: str = self.cleaned_data["title"]
        if _folded(typed) != _folded(self.letter.title):
            raise ValidationError(_("This is not the title of the letter."), code="other_title")
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._require_again(cleaned)
        if "number" in cleaned and not self._is_repeated(cleaned["number"]):
            self._require_seen(cleaned)
        return cleaned

    def _require_again(self, cleaned: dict[str, Any]) -> None:
        twice = [person.name for person in cleaned.get("recipients", []) if person.pk in self.have_it]
        if twice and not cleaned.get("again"):
            refusal = _("They have it already: %(who)s. Please tick this to send it to them once more.")
            self.add_error("again", ValidationError(refusal, params={"who": "; ".join(twice)}))

    def _require_seen(self, cleaned: dict[str, Any]) -> None:
        """While people sign, the list is another one at every moment; afterwards a change is worth a look."""
        if not self.letter.is_open and cleaned.get("seen") != self.picture.sha256:
            refusal = _("The list of signatures changed since this page was opened. Please look again.")
            self.add_error(None, ValidationError(refusal, code="changed"))

    def _is_repeated(self, number: int) -> bool:
        return self.letter.snapshots.filter(number=number, reason=Snapshot.Reason.DELIVERY).exists()

    def _posted(self) -> int:
        """A repeated press is not a second delivery."""
        typed = str(self.data.get("number", ""))
        return int(typed) if typed.isdecimal() and len(typed) < 9 else 0


def having(letter: Letter) -> QuerySet[Delivery]:
    """Mails of the letter that arrived, may have, or still will."""
    state = Delivery.State
    never = [state.REFUSED, state.BOUNCED, state.CANCELLED]
    return letter.deliveries.letters().exclude(state__in=never)


def _folded(title: str) -> str:
    """Forgiving about case, spaces, and how accents are put together."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", title).casefold()).split())
