"""Writing down what a recipient answered, and hiding what nobody should have to read."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from petitions.admin import access, pages
from petitions.flows import responses
from petitions.forms.responses import HideForm, ResponseForm
from petitions.models import Letter, Response


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
    letter.hold_row()
    form = ResponseForm(letter, request.POST)
    if not form.is_valid():
        return _page(request, letter, form)
    responses.record(letter, **form.cleaned_data, by=access.person(request))
    return pages.done(request, letter, _("The answer stands on the letter's page."), to="responses")


@require_http_methods(["GET", "HEAD", "POST"])
def hide(request: HttpRequest, pk: int, response: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    found = _found(letter, response)
    form = HideForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _hide_page(request, letter, found, form)
    if not responses.hide(found, **form.cleaned_data, by=access.person(request)):
        return pages.failed(
            request, letter, _("There are no words to hide, or they are hidden already."), to="responses"
        )
    said = _("The words are hidden. The page says so, and that an answer came.")
    return pages.done(request, letter, said, to="responses")


@require_POST
def show(request: HttpRequest, pk: int, response: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    if not responses.show(_found(letter, response), by=access.person(request)):
        return pages.failed(
            request, letter, _("The words of this answer are public already."), to="responses"
        )
    return pages.done(request, letter, _("Everybody can read the words again."), to="responses")


def _found(letter: Letter, pk: int) -> Response:
    return get_object_or_404(letter.responses.select_related("recipient", "demand", "letter"), pk=pk)


def _hide_page(request: HttpRequest, letter: Letter, response: Response, form: HideForm) -> HttpResponse:
    context = {"form": form, "response": response}
    title, status = _("Hide the words of this answer?"), 422 if form.is_bound else 200
    return pages.show(request, letter, "response_hide", title, context, status=status)


def _page(request: HttpRequest, letter: Letter, form: ResponseForm) -> HttpResponse:
    context = {"form": form, "responses": letter.responses.select_related("recipient", "demand")}
    return pages.show(
        request, letter, "responses", _("Answers"), context, status=422 if form.is_bound else 200
    )
