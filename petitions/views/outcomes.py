"""What came of a letter: deliveries, answers, what happened when, or silence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions.documents import text, timeline
from petitions.models import Delivery, Demand, HandOver, Letter, Response, Snapshot
from petitions.models.letters import LetterQuerySet


def outcome(letter: Letter) -> str:
    """One line for a letter that is over: whether it was delivered, and how its demands stand.

    Of letters that `for_outcomes` has found, so that a page of them asks no more than for one.
    """
    if not letter.is_closed:
        return ""
    statuses = [demand.status for demand in letter.demands.all()]
    answered = [
        f"{label} {statuses.count(status)}"
        for status, label in Demand.Status.choices
        if status != Demand.Status.UNANSWERED and status in statuses
    ]
    if answered:
        sentence = ngettext(
            "of %(number)s demand: %(answers)s", "of %(number)s demands: %(answers)s", len(statuses)
        )
        return sentence % {"number": len(statuses), "answers": ", ".join(answered)}
    return _without_status(letter)


def for_outcomes(letters: LetterQuerySet) -> LetterQuerySet:
    accepted = Delivery.objects.letters().filter(letter=OuterRef("pk"), state=Delivery.State.ACCEPTED)
    handed_over = HandOver.objects.filter(letter=OuterRef("pk"))
    was_delivered = Exists(accepted) | Exists(handed_over)
    return letters.prefetch_related("demands", "responses").annotate(was_delivered=was_delivered)


def _without_status(letter: Letter) -> str:
    """No demand was decided: answered in words alone, declined, silent, or never delivered."""
    responses = letter.responses.all()
    if responses and all(response.is_declined for response in responses):
        return _("declined to answer")
    if responses:
        return _("answered, no demand decided")
    was_delivered: bool = letter.was_delivered  # type: ignore[attr-defined]
    return _("delivered, unanswered") if was_delivered else _("not delivered yet")


def afterwards(letter: Letter) -> dict[str, Any]:
    """What came of it: deliveries, answers, all that happened, silence."""
    responses, deliveries = answered(letter), delivered(letter)
    return {
        "responses": responses,
        "events": timeline.of(letter),
        "deliveries": deliveries,
        "silence_days": _silence(deliveries) if deliveries and not responses else None,
        "silent": _silent(letter) if deliveries and responses else [],
    }


def answered(letter: Letter) -> list[dict[str, Any]]:
    return answers(letter.responses.select_related("recipient", "demand"))


def answers(responses: Iterable[Response]) -> list[dict[str, Any]]:
    """As they stand on a page, in the order in which they came; an earlier one of the same is marked."""
    rows = list(responses)
    newest = {(row.recipient_id, row.demand_id): row for row in rows}
    return [_answer(row) | {"is_earlier": newest[row.recipient_id, row.demand_id] is not row} for row in rows]


def _answer(response: Response) -> dict[str, Any]:
    html = text.to_html(response.public_text)
    return {
        "recipient": response.recipient,
        "demand": response.demand,
        "status": response.status,
        "get_status_display": response.get_status_display(),
        "is_declined": response.is_declined,
        "is_recorded": response.publication_id is None,
        "way": response.get_way_display(),
        "html": html,
        "has_links": "<a " in html,
        "hidden_for": response.get_hidden_for_display(),
        "responded_at": response.responded_at,
    }


def delivered(letter: Letter) -> list[dict[str, Any]]:
    """Each time that it went out or was handed over, the first one first."""
    mailed = [_going_out(snapshot, snapshot.first_body_at) for snapshot in timeline.delivered(letter)]
    handed = {
        (row.snapshot_id, row.handed_on): _going_out(row.snapshot, row.moment)
        for row in timeline.handed_over(letter)
    }
    return sorted([*mailed, *handed.values()], key=lambda going_out: going_out["made_at"])


def _going_out(snapshot: Snapshot, moment: datetime | None) -> dict[str, Any]:
    return {"made_at": moment, "total": (snapshot.count or {})["total"], "sha256": snapshot.sha256}


def _silence(deliveries: list[dict[str, Any]]) -> int | None:
    """Days without an answer, from the first on."""
    since: timedelta = timezone.now() - deliveries[0]["made_at"]
    return since.days or None


def _silent(letter: Letter) -> list[dict[str, Any]]:
    """Recipients who have the letter and said nothing, while others answered."""
    accepted = Q(deliveries__kind=Delivery.Kind.LETTER, deliveries__state=Delivery.State.ACCEPTED)
    accepted_at = Min("deliveries__finished_at", filter=accepted)
    rows = letter.recipients.filter(responses=None).annotate(
        accepted_at=accepted_at, handed_on=Min("handovers__handed_on")
    )
    days = {row: _days_since(row.accepted_at, row.handed_on) for row in rows}
    return [{"recipient": row, "days": number} for row, number in days.items() if number is not None]


def _days_since(accepted_at: datetime | None, handed_on: date | None) -> int | None:
    """Since the first of the two; None for whoever does not have it."""
    days = [(timezone.now() - accepted_at).days] if accepted_at else []
    days += [(timezone.localdate() - handed_on).days] if handed_on else []
    return max(days, default=None)
