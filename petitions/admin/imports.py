"""Importing recipients and names from paper: paste, look at what would happen, confirm exactly that."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from petitions.admin import access, pages
from petitions.flows import imports
from petitions.forms.imports import PaperNamesForm, RecipientsForm
from petitions.forms.plans import Plan
from petitions.models import Letter

SAMPLE = 50  # lines of each kind that are shown

asks_first = require_http_methods(["GET", "HEAD", "POST"])


@asks_first
def recipients(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    if request.method != "POST":
        return _page(request, letter, RecipientsForm(letter), "recipients")
    return _recipients(request, letter, RecipientsForm(letter, request.POST))


@asks_first
def names(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    if request.method != "POST":
        return _page(request, letter, PaperNamesForm(letter), "names")
    return _names(request, letter, PaperNamesForm(letter, request.POST))


@transaction.atomic
def _recipients(request: HttpRequest, letter: Letter, form: RecipientsForm) -> HttpResponse:
    plan = _confirmed(letter, form, request.POST.get("confirmed", ""))
    if plan is None:
        return _page(request, letter, form, "recipients")
    number = imports.recipients(letter, plan, by=access.person(request))
    sentence = ngettext("%(number)s recipient is imported.", "%(number)s recipients are imported.", number)
    return pages.done(request, letter, sentence % {"number": number})


@transaction.atomic
def _names(request: HttpRequest, letter: Letter, form: PaperNamesForm) -> HttpResponse:
    plan = _confirmed(letter, form, request.POST.get("confirmed", ""))
    if plan is None:
        return _page(request, letter, form, "names")
    words = {name: form.cleaned_data[name] for name in ("way", "note")}
    imports.names(letter, plan, **words, by=access.person(request))
    sentence = ngettext("%(number)s name is imported.", "%(number)s names are imported.", plan.number)
    return pages.done(request, letter, sentence % {"number": plan.number}, to="papers")


def _confirmed(letter: Letter, form: RecipientsForm, digest: str) -> Plan | None:
    """What is to be done, if it is what was shown; nobody changes the letter between the comparison and the deed."""
    letter.hold_row()
    if not form.is_valid():
        return None
    plan = form.plan()
    return plan if plan.is_possible and digest == form.digest(plan) else None


def _page(request: HttpRequest, letter: Letter, form: RecipientsForm, what: str) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "what": what}
    status = 200
    if form.is_bound:
        context |= _looked_at(form)
        status = 200 if context.get("is_possible") else 422
    title = _("Import recipients") if what == "recipients" else _("Import names from paper")
    return pages.show(request, letter, "import", title, context, status=status)


def _looked_at(form: RecipientsForm) -> dict[str, Any]:
    if not form.is_valid():
        return {}
    plan = form.plan()
    parts = {
        _("Would be added"): plan.added,
        _("Would be changed"): plan.changed,
        _("Are there already, unchanged"): plan.same,
        _("Left out: twice in the table"): plan.doubled,
    }
    return {
        "plan": plan,
        "is_possible": plan.is_possible,
        "digest": form.digest(plan),
        "was_confirmed": bool(form.data.get("confirmed")),
        "refusals": plan.refusals[:SAMPLE],
        "refusals_left": max(0, len(plan.refusals) - SAMPLE),
        "parts": [_part(title, lines) for title, lines in parts.items() if lines],
    }


def _part(title: str, lines: list[tuple[int, str]]) -> dict[str, Any]:
    """The first of them, and how many there are."""
    number = len(lines)
    return {"title": title, "lines": lines[:SAMPLE], "number": number, "left": max(0, number - SAMPLE)}
