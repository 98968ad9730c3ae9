"""Writing down what a recipient answered, and answering in the recipient's room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from petitions.forms.days import PastDayField
from petitions.forms.texts import MarkdownField
from petitions.models import Demand, Letter, Recipient, Response
from petitions.rooms import Answer

ANSWERS = [choice for choice in Demand.Status.choices if choice[0] != Demand.Status.UNANSWERED]


class ResponseForm(forms.Form):
    recipient = forms.ModelChoiceField(label=_("Who answered"), queryset=Recipient.objects.none())
    way = forms.ChoiceField(label=_("How it came"), choices=Response.Way.choices)
    demand = forms.ModelChoiceField(
        label=_("To which demand"),
        queryset=Demand.objects.none(),
        required=False,
        empty_label=_("to the whole letter"),
    )
    status = forms.ChoiceField(
        label=_("The demand is now"), choices=[("", _("as it was")), *ANSWERS], required=False
    )
    text = MarkdownField(
        label=_("Text"),
        max_length=50_000,
        help_text=_("Markdown, in the recipient's own words. It is public."),
    )

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter
        self.fields["came_on"] = PastDayField(letter, label=_("On which day"))
        self.order_fields(["recipient", "way", "came_on"])
        self.fields["recipient"].queryset = letter.recipients.all()  # type: ignore[attr-defined]
        self.fields["demand"].queryset = letter.demands.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("status") and not cleaned.get("demand") and "demand" not in self.errors:
            self.add_error(
                "demand", ValidationError(_("Please say which demand this is about."), code="no_demand")
            )
        if not self.errors and self._stands_already(cleaned):
            raise ValidationError(_("This answer is recorded already."), code="repeated")
        return cleaned

    def _stands_already(self, cleaned: dict[str, Any]) -> bool:
        """The same words again are a second press of the button."""
        same = {name: cleaned[name] for name in ("recipient", "demand", "text")}
        return self.letter.responses.filter(**same).exists()


class HideForm(forms.Form):
    """Why the words of an answer are taken from the public: everybody reads the reason."""

    reason = forms.ChoiceField(
        label=_("Everybody will read that it"),
        choices=[("", _("(please choose)")), *Response.Hidden.choices],
        error_messages={"required": _("Please choose a reason.")},
    )


WHOLE = "letter"  # what the fields of an answer to the whole letter are called after
DECISIONS = [
    (Response.Status.ACCEPTED, _("Accepted")),
    (Response.Status.PARTLY, _("Partly accepted")),
    (Response.Status.REFUSED, _("Refused")),
    (Response.Status.DECLINED, _("I will not answer")),
    ("", _("No decision")),
]


class AnswerForm(forms.Form):
    """A status and words for the whole letter and for each demand. A draft may be empty, what is published not."""

    MOST = 20_000  # characters of each

    def __init__(
        self, demands: Iterable[Demand], *args: Any, answers: Iterable[Answer] = (), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.demands = list(demands)
        given = {answer.demand: answer for answer in answers}
        for demand in (None, *self.demands):
            self._ask(demand, given.get(demand.pk if demand else None))

    def _ask(self, demand: Demand | None, given: Answer | None) -> None:
        name = demand.pk if demand else WHOLE
        self.fields[f"status_{name}"] = forms.ChoiceField(
            label=_decision_on(demand),
            choices=DECISIONS,
            widget=forms.RadioSelect,
            required=False,
            initial=given.status if given else "",
        )
        self.fields[f"text_{name}"] = MarkdownField(
            label=_words_on(demand),
            max_length=self.MOST,
            required=False,
            initial=given.text if given else "",
            widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        )

    def parts(self) -> Iterator[dict[str, Any]]:
        """The two fields of the whole letter, and of each demand."""
        for demand in (None, *self.demands):
            name = demand.pk if demand else WHOLE
            yield {"demand": demand, "status": self[f"status_{name}"], "text": self[f"text_{name}"]}

    def answers(self) -> list[Answer]:
        """What was answered, the whole letter first; what was left alone is no answer."""
        given = [self._answer(demand) for demand in (None, *self.demands)]
        return [answer for answer in given if answer.status or answer.text]

    def _answer(self, demand: Demand | None) -> Answer:
        name = demand.pk if demand else WHOLE
        words = {field: self.cleaned_data.get(f"{field}_{name}", "") for field in ("status", "text")}
        return Answer(demand.pk if demand else None, **words)


def _decision_on(demand: Demand | None) -> str:
    if demand is None:
        return gettext("Your decision on the whole letter")
    return gettext("Your decision on demand %(number)s") % {"number": demand.number}


def _words_on(demand: Demand | None) -> str:
    if demand is None:
        return gettext("Your words on the whole letter")
    return gettext("Your words on demand %(number)s") % {"number": demand.number}


class FinalAnswerForm(AnswerForm):
    """Asked when somebody goes on to publish."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.answers():
            nothing = _("Please answer the whole letter or at least one demand.")
            self.add_error(f"status_{WHOLE}", ValidationError(nothing, code="nothing_said"))
        return cleaned
