"""Requests to take a name down: hide it, or keep it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from petitions.admin import access, pages
from petitions.flows import takedowns


@require_safe
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    context = {
        "waiting": letter.takedowns.filter(decided_at=None).select_related("signature"),
        "decided": letter.takedowns.exclude(decided_at=None).order_by("-decided_at")[:100],
    }
    return pages.show(request, letter, "takedowns", _("Takedown requests"), context)


@require_POST
def decide(request: HttpRequest, pk: int, takedown: int) -> HttpResponse:
    letter = access.letter(request, pk)
    found = get_object_or_404(letter.takedowns.select_related("signature__letter", "letter"), pk=takedown)
    if found.decided_at:
        return pages.failed(request, letter, _("Somebody decided this before."), to="takedowns")
    if request.POST.get("decision") == "hide":
        takedowns.grant(found, by=access.person(request))
        return pages.done(
            request, letter, _("The name is hidden. The signature goes on counting."), to="takedowns"
        )
    if request.POST.get("decision") == "keep":
        takedowns.reject(found, by=access.person(request))
        return pages.done(request, letter, _("The name is kept."), to="takedowns")
    return pages.failed(request, letter, _("Please choose: hide the name, or keep it."), to="takedowns")
