"""The review queue: names that were held back and statements that wait, decided many at a time; and hiding lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from petitions.admin import access, pages
from petitions.flows import reviews
from petitions.forms import flags
from petitions.forms.reviews import MOST, HideForm, ReviewForm, Tick
from petitions.models import Letter, Signature

asks_first = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Entry:
    """One thing to decide, with its flags of today."""

    signature: Signature
    tick: Tick
    flags: list[flags.Flag]

    @property
    def is_statement(self) -> bool:
        return self.tick.part == "statement"


@asks_first
def queue(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        by, act = access.person(request), form.cleaned_data["act"]
        done, left = _apply(letter, form.cleaned_data["tick"], lambda row, tick: _decide(row, tick, act, by))
        return _told(request, letter, _decided(act, done), left)
    waiting = letter.signatures.all().to_review()
    context = {
        "form": form,
        "entries": list(_entries(letter, waiting.first_first()[:MOST])),
        "rest": max(waiting.count() - MOST, 0),
    }
    return pages.show(request, letter, "review", _("Review"), context, status=422 if form.is_bound else 200)


@asks_first
def hide(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked by the link of one line, or with the ticks of many; done with a reason."""
    letter = access.letter(request, pk)
    form = HideForm(request.POST if "sure" in request.POST else None)
    if form.is_valid():
        by, reason = access.person(request), form.cleaned_data["reason"]
        done, left = _apply(
            letter,
            form.cleaned_data["tick"],
            lambda row, tick: reviews.hide(row, seen=tick.seen, reason=reason, by=by),
        )
        return _told(request, letter, _hidden(done), left)
    chosen = [(row, Tick.of(row, "line")) for row in _named(letter, _asked_about(request))]
    if not chosen:
        return pages.failed(request, letter, _("Please tick at least one line."), to="review")
    status = 422 if form.is_bound else 200
    context = {"form": form, "chosen": chosen}
    return pages.show(request, letter, "hide", _("Hide lines"), context, status=status)


def _entries(letter: Letter, waiting: Iterable[Signature]) -> Iterator[Entry]:
    about = flags.known(letter)
    for row in waiting:
        if row.is_under_review:
            yield Entry(row, Tick.of(row, "line"), flags.of_line(row.name, row.role, about))
        if row.is_statement_waiting:
            yield Entry(row, Tick.of(row, "statement"), flags.of_statement(row.statement))


def _asked_about(request: HttpRequest) -> list[UUID]:
    try:
        if request.method == "POST":
            return [Tick.read(text).pk for text in request.POST.getlist("tick")][:MOST]
        return [UUID(text) for text in request.GET.getlist("line")][:MOST]
    except ValueError:
        return []


def _named(letter: Letter, pks: Iterable[UUID]) -> Any:
    return letter.signatures.all().named().filter(pk__in=pks).select_related("letter").first_first()


def _apply(
    letter: Letter, ticks: list[Tick], act: Callable[[Signature, Tick], bool]
) -> tuple[list[Tick], int]:
    """Those that were done, and how many were left because their words, or they, have changed meanwhile."""
    rows = {row.pk: row for row in _named(letter, [tick.pk for tick in ticks])}
    done = [tick for tick in ticks if tick.pk in rows and act(rows[tick.pk], tick)]
    return done, len(ticks) - len(done)


def _decide(row: Signature, tick: Tick, act: str, by: User) -> bool:
    if tick.part == "statement":
        return reviews.show_statement(row, seen=tick.seen, is_shown=act == "show", by=by)
    return act == "show" and reviews.approve(row, seen=tick.seen, by=by)


def _told(request: HttpRequest, letter: Letter, sentence: str, left: int) -> HttpResponse:
    if sentence:
        messages.success(request, sentence)
    if left:
        words = ngettext(
            "%(number)s was left as it is: it has changed meanwhile, or cannot be decided so.",
            "%(number)s were left as they are: they have changed meanwhile, or cannot be decided so.",
            left,
        )
        messages.warning(request, words % {"number": left})
    return pages.go(letter, "review")


def _decided(act: str, done: list[Tick]) -> str:
    if not done:
        return ""
    if act == "show":
        words = ngettext("%(number)s is shown now.", "%(number)s are shown now.", len(done))
    else:
        words = ngettext(
            "%(number)s statement stays out of the list.",
            "%(number)s statements stay out of the list.",
            len(done),
        )
    return words % {"number": len(done)}


def _hidden(done: list[Tick]) -> str:
    if not done:
        return ""
    words = ngettext(
        "%(number)s line is hidden. The signature goes on counting.",
        "%(number)s lines are hidden. The signatures go on counting.",
        len(done),
    )
    return words % {"number": len(done)}
