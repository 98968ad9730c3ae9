"""Writing down what a recipient answered."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from petitions.admin import access, pages
from petitions.flows import responses
from petitions.forms.responses import ResponseForm
from petitions.models import Letter


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    if letter.is_draft:
        return pages.failed(request, letter, _("Nobody can answer a letter that was not opened."))
    if request.method != "POST":
        return _page(request, letter, ResponseForm(letter))
    return _record(request, letter)


@transaction.atomic
def _record(request: HttpRequest, letter: Letter) -> HttpResponse:
    """Two presses of the button come one after the other, and the second finds the answer recorded."""
    Letter.objects.select_for_update(no_key=True).get(pk=letter.pk)
    form = ResponseForm(letter, request.POST)
    if not form.is_valid():
        return _page(request, letter, form)
    responses.record(letter, **form.cleaned_data, by=access.person(request))
    return pages.done(request, letter, _("The answer stands on the letter's page."), to="responses")


def _page(request: HttpRequest, letter: Letter, form: ResponseForm) -> HttpResponse:
    context = {"form": form, "responses": letter.responses.select_related("recipient", "demand")}
    return pages.show(
        request, letter, "responses", _("Answers"), context, status=422 if form.is_bound else 200
    )
