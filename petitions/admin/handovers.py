"""Writing down that a letter was handed over in person, on paper or otherwise, and taking it back."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from petitions.admin import access, pages
from petitions.flows import handovers
from petitions.forms.handovers import HandOverForm
from petitions.models import Letter


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    if letter.is_draft:
        return pages.failed(
            request, letter, _("A letter that was not opened is not handed over: its text can still change.")
        )
    if request.method != "POST":
        return _page(request, letter, HandOverForm(letter))
    return _record(request, letter)


@require_POST
def take_back(request: HttpRequest, pk: int, handover: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    found = get_object_or_404(letter.handovers.select_related("letter"), pk=handover)
    if handovers.take_back(found, by=access.person(request)):
        return pages.done(
            request, letter, _("Taken back: it stands on the letter's page no more."), to="handovers"
        )
    return pages.failed(request, letter, _("It was taken back before."), to="handovers")


@transaction.atomic
def _record(request: HttpRequest, letter: Letter) -> HttpResponse:
    """Two presses of the button come one after the other, and the second finds it written down."""
    letter.hold_row()
    form = HandOverForm(letter, request.POST)
    if not form.is_valid():
        return _page(request, letter, form)
    handovers.record(letter, **form.cleaned_data, by=access.person(request))
    return pages.done(request, letter, _("Written down: it stands on the letter's page."), to="handovers")


def _page(request: HttpRequest, letter: Letter, form: HandOverForm) -> HttpResponse:
    rows = letter.handovers.select_related("recipient", "snapshot", "recorded_by")
    context = {"form": form, "handovers": rows}
    status = 422 if form.is_bound else 200
    return pages.show(request, letter, "handovers", _("Handed over"), context, status=status)
