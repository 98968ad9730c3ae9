"""Reading: the home page, a letter, its PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from petitions import counts
from petitions.documents import cards, growth, progress, sharing, text
from petitions.documents import letters as documents
from petitions.documents.milestones import heights
from petitions.documents.sentences import count_sentences, invalid_sentences, paper_sentences
from petitions.models import Letter, Recipient, Tally, Version
from petitions.models.words import searchable
from petitions.views import outcomes, signatories
from petitions.views.answers import KEPT, for_letter, unless_known
from petitions.views.remembered import remembered

OPEN = 6  # recipients of many that are named at once


@dataclass(frozen=True)
class Entry:
    """A letter on the home page."""

    letter: Letter
    tally: Tally
    outcome: str

    @property
    def goal(self) -> int | None:
        return self.letter.goal


@require_safe
@remembered
def home(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    listed = outcomes.for_outcomes(Letter.objects.listed())
    letters = [letter for letter in listed if _matches(letter, query)]
    tallies = counts.shown_all(letters)
    entries = [Entry(letter, tallies[letter.pk], outcomes.outcome(letter)) for letter in letters]
    context = {
        "query": query,
        "open_letters": [entry for entry in entries if entry.letter.is_open],
        "closed_letters": [entry for entry in entries if entry.letter.is_closed],
    }
    return render(request, "letters/home.html", context)


@require_safe
@remembered
@for_letter
def letter(request: HttpRequest, found: Letter) -> HttpResponse:
    return render(request, "letters/letter.html", _page(found, found.version))


@require_safe
@cache_control(public=True, max_age=KEPT)
@for_letter
def letter_pdf(request: HttpRequest, letter: Letter) -> HttpResponse:
    document = documents.current_document(letter, today=timezone.now().date())
    answer = unless_known(request, document.digest, "application/pdf", lambda: documents.printed(document))
    answer["Content-Disposition"] = f'inline; filename="{letter.slug}.pdf"'
    return answer


def _matches(letter: Letter, query: str) -> bool:
    words = searchable(letter.title, letter.signing_line)
    return all(word in words for word in searchable(query).split())


def draft_page(letter: Letter, version: Version) -> dict[str, Any]:
    """What an organizer sees before opening: the page as it will be, without the button."""
    return _page(letter, version) | {"is_preview": True}


def _page(letter: Letter, version: Version) -> dict[str, Any]:
    grown = counts.shown_grown(letter)
    tally = grown.tally
    milestones = list(letter.milestones.all())
    way = progress.of(letter, milestones, tally.total)
    return {
        "letter": letter,
        "version": version,
        "sharing": sharing.of(letter, version),
        "card": cards.of(letter, version, tally, way),
        "versions": list(letter.versions.all()),
        "body_html": text.to_html(version.text),
        "demands": _demands(letter, version),
        "recipients": _recipients(letter),
        "tally": tally,
        "count_sentences": count_sentences(tally.as_json(), documents.domain_names(letter)),
        **_papers(letter),
        "invalid_sentences": invalid_sentences(counts.shown_invalid(letter)),
        "progress": way,
        "milestones": heights(milestones),
        "signatories": signatories.of(letter),
        "growth": growth.of(grown.days),
        **_signing(letter),
        **outcomes.afterwards(letter),
    }


def _signing(letter: Letter) -> dict[str, bool]:
    """Whether somebody can begin now, and if not, why."""
    can_be_signed = letter.can_be_signed()
    return {
        "is_signable": can_be_signed and not letter.is_signing_paused,
        "is_signing_paused": can_be_signed and letter.is_signing_paused,
        "opens_later": letter.is_open and not can_be_signed and not _has_begun(letter),
    }


def _papers(letter: Letter) -> dict[str, Any]:
    """What stands beside the count."""
    papers = list(letter.papers.all().counted())
    return {
        "has_paper_names": any(paper.has_names for paper in papers),
        "paper_sentences": paper_sentences([paper.as_json() for paper in papers]),
    }


def _recipients(letter: Letter) -> dict[str, list[Recipient]]:
    """The first ones stand open; of many, the others behind a click, so that the number is not far below."""
    recipients = list(letter.recipients.all())
    open_ones = len(recipients) if len(recipients) <= OPEN + 2 else OPEN
    return {"first": recipients[:open_ones], "others": recipients[open_ones:]}


def _has_begun(letter: Letter) -> bool:
    return letter.opens_at is not None and letter.opens_at <= timezone.now()


def _demands(letter: Letter, version: Version) -> list[dict[str, Any]]:
    """Words from the frozen version, status from today."""
    today = {demand.number: demand for demand in letter.demands.all()}
    return [
        {
            "number": frozen["number"],
            "title": frozen["title"],
            "html": text.to_html(frozen["text"]),
            "status": today[frozen["number"]].status,
            "get_status_display": today[frozen["number"]].get_status_display(),
        }
        for frozen in version.demands
    ]
