"""What a browser posts from the page of a letter."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from petitions.documents import pictures
from petitions.forms import contents
from petitions.models import Letter, Milestone

ADD = "/admin/petitions/letter/add/"


def page(name: str, letter: Letter, *rest: Any) -> str:
    return reverse(f"admin:petitions_letter_{name}", args=[letter.pk, *rest])


def rows(prefix: str, *given: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """A set of rows; the first `initial` of them are in the database already."""
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(given):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


TOLD = ("is_for_organizers", "is_for_followers", "is_for_recipients")


def milestone(*, told: tuple[str, ...] = TOLD[:2], **fields: Any) -> dict[str, Any]:
    """A row with its boxes as they are ticked."""
    return fields | dict.fromkeys(told, "on")


def stored(row: Milestone) -> dict[str, Any]:
    """A milestone's row when nothing was touched: what a share comes to stands in no field."""
    which = {"share": row.share} if row.share else {"threshold": row.threshold}
    told = tuple(name for name in TOLD if getattr(row, name))
    return milestone(id=row.pk, text=row.text, told=told, **which)


def new_letter(**changes: Any) -> dict[str, Any]:
    """Everything that the page for a new letter posts; what is None is left out."""
    data = {
        "title": "Fair rota",
        "text": "We ask for a fair rota.",
        "signing_line": "Employees of Example",
        "batch_size": 10,
        "accent": "navy",
        "is_listed": "on",
        **rows("demands", {"title": "Plan ahead"}, {"title": "Pay for changes"}, {"title": "Listen"}),
        **rows(
            "recipients",
            {"name": "Erin Chief", "role": "Chief executive", "address": "chief@company.test"},
            {"name": "Pat Person", "address": "people@company.test"},
        ),
        **rows("milestones", milestone(threshold=50), milestone(threshold=100), milestone()),
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def as_stored(letter: Letter, **changes: Any) -> dict[str, Any]:
    """What the page of an existing letter posts when nothing was touched."""
    demands = [
        {"id": d.pk, "number": d.number, "title": d.title, "text": d.text, "status": d.status}
        for d in letter.demands.all()
    ]
    recipients = [
        {"id": r.pk, "name": r.name, "role": r.role, "address": r.address} for r in letter.recipients.all()
    ]
    milestones = [stored(row) for row in letter.milestones.all()]
    data = {
        "seen": contents.digest(letter),
        "title": letter.title,
        "text": letter.text,
        "signing_line": letter.signing_line,
        "workplaces": [workplace.pk for workplace in letter.workplaces.all()],
        "batch_size": letter.batch_size,
        "is_listed": "on" if letter.is_listed else None,
        "slug": letter.slug,
        "goal": letter.goal or "",
        "accent": letter.accent,
        "contact_address": letter.contact_address,
        **rows("demands", *demands, initial=len(demands)),
        **rows("recipients", *recipients, initial=len(recipients)),
        **rows("milestones", *milestones, initial=len(milestones)),
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def delivering(letter: Letter, number: int, **changes: Any) -> dict[str, Any]:
    """What the page posts that delivers a letter to every recipient, with the title typed."""
    everybody = [recipient.pk for recipient in letter.recipients.all() if recipient.is_reachable]
    seen = pictures.of_now(letter).sha256
    return {"number": number, "recipients": everybody, "seen": seen, "title": letter.title} | changes


def corrected(letter: Letter, **changes: str) -> dict[str, str]:
    """What the correction page posts."""
    data = {"seen": letter.version.sha256, "title": letter.title, "text": letter.text}
    for demand in letter.demands.all():
        data |= {f"demand_{demand.pk}_title": demand.title, f"demand_{demand.pk}_text": demand.text}
    return data | changes
