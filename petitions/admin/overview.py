"""How a letter stands: its state, the next step in words, what waits for a person, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions import counts
from petitions.admin import access, checklists, problems, troubles, ways
from petitions.admin.checklists import Item
from petitions.admin.problems import Problem
from petitions.admin.troubles import Troubles
from petitions.admin.ways import Group
from petitions.documents import growth, progress
from petitions.documents.growth import Growth
from petitions.documents.progress import Progress
from petitions.documents.sentences import count_sentences
from petitions.models import Delivery, Demand, Domain, Letter, Milestone


@dataclass(frozen=True)
class Overview:
    """What a letter's home shows."""

    letter: Letter
    role: str
    next_step: str
    checklist: list[Item]
    problems: list[Problem]
    frozen: list[Domain]
    troubles: Troubles
    total: int
    count_sentences: list[str]
    growth: Growth | None
    milestones: list[Milestone]
    way: Progress | None
    demands: list[Demand]
    deliveries: list[dict[str, Any]]
    is_delivered: bool
    ways: list[Group]

    @property
    def is_owner(self) -> bool:
        return self.role in access.OWNERS

    @property
    def is_editor(self) -> bool:
        return self.role in access.EDITORS

    @property
    def is_ready(self) -> bool:
        return self.letter.is_draft and not self.needed

    @property
    def needed(self) -> list[Item]:
        """Without these the next step is refused."""
        return [item for item in self.checklist if item.is_needed and not item.is_done]

    @property
    def is_quiet(self) -> bool:
        return not self.problems and not self.frozen

    @property
    def can_be_delivered(self) -> bool:
        return self.letter.state in (Letter.State.OPEN, Letter.State.CLOSED)


def of(letter: Any, role: str) -> Overview:
    """Of a letter that was read with its figures."""
    prefetch_related_objects([letter], "demands")  # the checklist reads them too
    grown = counts.shown_grown(letter)
    tally = grown.tally
    domains = _domains(letter)
    milestones = list(letter.milestones.all())
    deliveries = _by_state(letter)
    states = {row["state"] for row in deliveries}
    is_delivered = letter.is_handed_over or not states.isdisjoint(Delivery.GONE)
    is_leaving = not states.isdisjoint(Delivery.UNSENT)
    checklist = _checklist(letter, tally.total, is_over=is_delivered or is_leaving)
    return Overview(
        letter=letter,
        role=role,
        next_step=_next_step(letter, checklist, is_delivered=is_delivered, is_leaving=is_leaving),
        checklist=checklist,
        problems=problems.of(letter, domains),
        frozen=[domain for domain in domains if domain.is_stopped],  # type: ignore[attr-defined]
        troubles=troubles.said(letter),
        total=tally.total,
        count_sentences=count_sentences(tally.as_json(), [domain.name for domain in domains]),
        growth=growth.of(grown.days),
        milestones=milestones,
        way=progress.of(letter, milestones, tally.total),
        demands=list(letter.demands.all()),
        deliveries=deliveries,
        is_delivered=is_delivered,
        ways=ways.of(letter, role),
    )


def _checklist(letter: Any, total: int, *, is_over: bool) -> list[Item]:
    if letter.is_draft:
        return checklists.to_opening(letter)
    if is_over or letter.state == Letter.State.ARCHIVED:
        return []
    return checklists.to_delivering(letter, total)


def _next_step(letter: Any, checklist: list[Item], *, is_delivered: bool, is_leaving: bool) -> str:
    if letter.is_draft:
        return _while_draft(checklist)
    if is_leaving and not is_delivered:
        return _("Its mails have not left yet. Under Deliveries you read what each waits for.")
    if letter.is_open:
        return _while_open(letter, is_delivered=is_delivered)
    if is_delivered:
        return _("Record each answer that comes, and post updates, so that signers learn what became of it.")
    recipients = letter.reachable_count
    sentence = ngettext(
        "Deliver it to its recipient.", "Deliver it to its %(number)s recipients.", recipients
    )
    return sentence % {"number": recipients}


def _while_draft(checklist: list[Item]) -> str:
    if any(item.is_needed and not item.is_done for item in checklist):
        return _("Edit the letter until nothing that it needs is left on the list below.")
    if not all(item.is_done for item in checklist):
        return _(
            "It can be opened. Go through the rest of the list first: after opening, its words are fixed."
        )
    return _("Everything is done. Open it for signing.")


def _while_open(letter: Letter, *, is_delivered: bool) -> str:
    if letter.opens_at and letter.opens_at > timezone.now():
        return _("Signing begins at the time below. Its page is public already.")
    if is_delivered:
        return _("Pass its address on. Once it is closed, you can deliver it again with its final number.")
    if letter.closes_at:
        return _("Pass its address on. It closes by itself at the time below; then deliver it.")
    return _("Pass its address on. When enough people have signed, close it, and deliver it.")


def _domains(letter: Letter) -> list[Domain]:
    """Of its workplaces, each with whether it gets no codes for this letter."""
    is_stopped = Exists(Domain.objects.frozen_for(letter).filter(pk=OuterRef("pk")))
    found = Domain.objects.filter(workplace__letters=letter).select_related("workplace")
    return list(found.annotate(is_stopped=is_stopped))


def _by_state(letter: Letter) -> list[dict[str, Any]]:
    rows = letter.deliveries.letters().order_by("state").values("state").annotate(number=Count("pk"))
    return [{"state": Delivery.State(row["state"]), "number": row["number"]} for row in rows]
