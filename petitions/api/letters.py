"""Letters as the API tells them: as their pages do, and not a field more."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from petitions import counts
from petitions.documents import text
from petitions.documents.letters import papers_of
from petitions.documents.milestones import heights
from petitions.models import Letter, Recipient, Signature, Tally, Update, Version, papers
from petitions.views import outcomes


def summary(letter: Letter, tally: Tally) -> dict[str, Any]:
    return {
        "slug": letter.slug,
        "title": letter.title,
        "state": letter.state,
        "count": tally.as_json(),
    }


def whole(letter: Letter) -> dict[str, Any]:
    version, deliveries = letter.version, outcomes.delivered(letter)
    return {
        "slug": letter.slug,
        "title": version.title,
        "state": letter.state,
        "workplaces": [workplace.name for workplace in letter.workplaces.all()],
        "addressed_to": [_person(recipient) for recipient in letter.recipients.all()],
        "text_html": text.to_html(version.text),
        "version": {"number": version.number, "sha256": version.sha256},
        "demands": _demands(letter, version),
        "count": counts.shown(letter).as_json(),
        "on_paper": _on_paper(letter),
        "goal": letter.goal,
        "milestones": [
            {"threshold": height.threshold, "reached_on": _day(height.reached_at)}
            for height in heights(letter.milestones.all())
        ],
        "opens_at": letter.opens_at,
        "closes_at": letter.closes_at,
        "delivered_at": deliveries[0]["made_at"] if deliveries else None,
        "responses": [_response(response) for response in outcomes.answered(letter)],
        "updates": [_update(update) for update in letter.updates.posted()],
    }


def signature(row: Signature, *, version: int) -> dict[str, Any]:
    return {
        "name": row.public_name,
        "role": row.public_role,
        "statement": row.public_statement,
        "signed_on": row.signed_on,
        "version": version,
    }


def _on_paper(letter: Letter) -> dict[str, Any]:
    """Beside the count; no program should add the two."""
    entries = papers_of(letter)
    return {"number": papers.total(entries), "entries": entries}


def _demands(letter: Letter, version: Version) -> list[dict[str, Any]]:
    """Words from the frozen version, status from today."""
    today = {demand.number: demand.status for demand in letter.demands.all()}
    return [
        {
            "number": frozen["number"],
            "title": frozen["title"],
            "text": frozen["text"],
            "status": today[frozen["number"]],
        }
        for frozen in version.demands
    ]


def _person(recipient: Recipient) -> dict[str, str]:
    """Never with the address."""
    return {"name": recipient.name, "role": recipient.role}


def _response(response: dict[str, Any]) -> dict[str, Any]:
    return {
        **_person(response["recipient"]),
        "demand": response["demand"].number if response["demand"] else None,
        "status": response["status"],
        "text_html": response["html"],
        "responded_on": _day(response["responded_at"]),
    }


def _update(update: Update) -> dict[str, Any]:
    return {
        "title": update.title,
        "text_html": text.to_html(update.text),
        "posted_on": _day(update.posted_at),
    }


def _day(moment: datetime | None) -> date | None:
    """A time of day would say when somebody signed."""
    return moment and moment.date()
