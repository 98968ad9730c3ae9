"""What came of a letter: deliveries, answers, what happened when, or silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from petitions.documents import text, timeline
from petitions.models import Demand, Letter


def outcome(letter: Letter) -> str:
    """One line for a letter that is over: whether it was delivered, and how its demands stand."""
    if not letter.is_closed:
        return ""
    statuses = [demand.status for demand in letter.demands.all()]
    answered = [
        f"{statuses.count(status)} {label}"
        for status, label in Demand.Status.choices
        if status != Demand.Status.UNANSWERED and status in statuses
    ]
    if answered:
        return _("of %(number)s demands: %(answers)s") % {
            "number": len(statuses),
            "answers": ", ".join(answered),
        }
    return _("delivered, unanswered") if _delivered(letter) else _("not delivered yet")


def afterwards(letter: Letter) -> dict[str, Any]:
    """What came of it: deliveries, answers, all that happened, silence."""
    responses = [
        {
            "recipient": response.recipient,
            "demand": response.demand,
            "html": text.to_html(response.text),
            "responded_at": response.responded_at,
        }
        for response in letter.responses.select_related("recipient", "demand")
    ]
    delivered = _delivered(letter)
    return {
        "responses": responses,
        "events": timeline.of(letter),
        "deliveries": delivered,
        "silence_days": _silence(delivered) if delivered and not responses else None,
    }


def _delivered(letter: Letter) -> list[dict[str, Any]]:
    return [
        {
            "made_at": snapshot.first_body_at,
            "total": (snapshot.count or {})["total"],
            "sha256": snapshot.sha256,
        }
        for snapshot in timeline.delivered(letter)
    ]


def _silence(delivered: list[dict[str, Any]]) -> int | None:
    """Days without an answer, from the first on."""
    since: timedelta = timezone.now() - delivered[0]["made_at"]
    return since.days or None
