"""How a letter stands: its state, the next step in words, what waits for a person, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions import counts
from petitions.admin import access, life, troubles
from petitions.admin.troubles import Troubles
from petitions.documents import letters as documents
from petitions.documents.sentences import count_sentences
from petitions.models import Delivery, Domain, Letter, Milestone


@dataclass(frozen=True)
class Overview:
    """The head of a letter's page."""

    letter: Letter
    role: str
    next_step: str
    missing: list[str]
    total: int
    count_sentences: list[str]
    milestones: list[Milestone]
    deliveries: list[dict[str, Any]]
    is_delivered: bool
    takedowns: int
    under_review: int
    troubles: Troubles
    frozen: list[Domain]

    @property
    def is_owner(self) -> bool:
        return self.role in access.OWNERS

    @property
    def is_editor(self) -> bool:
        return self.role in access.EDITORS

    @property
    def is_ready(self) -> bool:
        return self.letter.is_draft and not self.missing

    @property
    def can_be_delivered(self) -> bool:
        return self.letter.state in (Letter.State.OPEN, Letter.State.CLOSED)


def of(letter: Letter, role: str) -> Overview:
    tally = counts.recount(letter)
    missing = life.lacking(letter) if letter.is_draft else []
    is_delivered = letter.deliveries.letters().exists() or letter.handovers.exists()
    return Overview(
        letter=letter,
        role=role,
        next_step=_next_step(letter, missing, is_delivered),
        missing=missing,
        total=tally.total,
        count_sentences=count_sentences(tally.as_json(), documents.domain_names(letter)),
        milestones=list(letter.milestones.all()),
        deliveries=_by_state(letter),
        is_delivered=is_delivered,
        takedowns=letter.takedowns.filter(decided_at=None).count(),
        under_review=letter.signatures.all().to_review().count(),
        troubles=troubles.of(letter),
        frozen=list(Domain.objects.frozen_for(letter)),
    )


def _next_step(letter: Letter, missing: list[str], is_delivered: bool) -> str:
    if letter.is_draft and missing:
        return _("Complete the letter below, save it, and look at the previews.")
    if letter.is_draft:
        return _("Look at the page, the mail and the PDF. When all is right, open it for signing.")
    if letter.is_open:
        return _while_open(letter)
    if is_delivered:
        return _("Record each answer that comes, and post updates, so that signers learn what became of it.")
    recipients = letter.recipients.count()
    sentence = ngettext(
        "Deliver it to its recipient.", "Deliver it to its %(number)s recipients.", recipients
    )
    return sentence % {"number": recipients}


def _while_open(letter: Letter) -> str:
    if letter.opens_at and letter.opens_at > timezone.now():
        return _("Signing begins at the time below. Its page is public already.")
    if letter.closes_at:
        return _("Pass its address on. It closes by itself at the time below; then deliver it.")
    return _("Pass its address on. When enough people have signed, close it, and deliver it.")


def _by_state(letter: Letter) -> list[dict[str, Any]]:
    rows = letter.deliveries.letters().order_by("state").values("state").annotate(number=Count("pk"))
    return [{"state": Delivery.State(row["state"]).label, "number": row["number"]} for row in rows]
