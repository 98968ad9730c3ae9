"""Writing down that a letter was handed over: to whom, when, how, and with which number."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from petitions.forms.days import PastDayField
from petitions.forms.rows import RowsField
from petitions.forms.texts import LineField
from petitions.models import HandOver, Letter, Recipient, Snapshot


class PictureField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        total = (obj.count or {})["total"]
        sentence = ngettext(
            "%(number)s signature (picture %(which)s, %(reason)s of %(day)s)",
            "%(number)s signatures (picture %(which)s, %(reason)s of %(day)s)",
            total,
        )
        return sentence % {
            "number": intcomma(total),
            "which": obj.number,
            "reason": obj.get_reason_display(),
            "day": date_format(timezone.localdate(obj.made_at)),
        }


class HandOverForm(forms.Form):
    recipients = RowsField(
        label=_("To whom"),
        queryset=Recipient.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please tick at least one recipient.")},
    )
    way = forms.ChoiceField(label=_("How"), choices=HandOver.Way.choices)
    snapshot = PictureField(
        label=_("The number on the paper"),
        queryset=Snapshot.objects.none(),
        required=False,
        empty_label=_("today's number, which is taken now"),
    )
    note = LineField(
        label=_("Note"),
        max_length=HandOver.LONGEST,
        required=False,
        help_text=_("For the organizers alone. Please leave out who carried it."),
    )

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter
        self.fields["handed_on"] = PastDayField(letter, label=_("On which day"))
        self.order_fields(["recipients", "handed_on", "way", "snapshot", "note"])
        self.fields["recipients"].queryset = letter.recipients.all()  # type: ignore[attr-defined]
        pictures = letter.snapshots.all().told().order_by("-number")
        self.fields["snapshot"].queryset = pictures  # type: ignore[attr-defined]
        self.initial["snapshot"] = None if letter.is_open else pictures.first()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen, day = cleaned.get("recipients"), cleaned.get("handed_on")
        if chosen and day:
            self._refuse_twice(list(chosen), day)
        return cleaned

    def _refuse_twice(self, chosen: list[Recipient], day: date) -> None:
        """The same again is a second press of the button."""
        rows = self.letter.handovers.filter(recipient__in=chosen, handed_on=day).select_related("recipient")
        names = "; ".join(row.recipient.name for row in rows)
        if names:
            refusal = gettext("This stands here already for that day: %(who)s.") % {"who": names}
            self.add_error("recipients", ValidationError(refusal, code="repeated"))
