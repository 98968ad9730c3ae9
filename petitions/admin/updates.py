"""Posting an update on a letter's page, and to everybody who follows it."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from petitions.admin import access, pages
from petitions.flows import updates
from petitions.forms.updates import UpdateForm
from petitions.models import Letter


@require_http_methods(["GET", "HEAD", "POST"])
def post(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    if letter.is_draft:
        return pages.failed(request, letter, _("Nobody reads updates before the letter opens."))
    if request.method != "POST":
        return _page(request, letter, UpdateForm(letter))
    return _post(request, letter)


@transaction.atomic
def _post(request: HttpRequest, letter: Letter) -> HttpResponse:
    """Two presses of the button come one after the other, and the second finds the update posted."""
    Letter.objects.select_for_update(no_key=True).get(pk=letter.pk)
    form = UpdateForm(letter, request.POST)
    if not form.is_valid():
        return _page(request, letter, form)
    updates.post(letter, **form.cleaned_data, by=access.person(request))
    number = letter.subscriptions.count()
    sentence = ngettext(
        "Posted, and on its way to %(number)s follower.",
        "Posted, and on its way to %(number)s followers.",
        number,
    )
    return pages.done(request, letter, sentence % {"number": number}, to="updates")


def _page(request: HttpRequest, letter: Letter, form: UpdateForm) -> HttpResponse:
    context = {"form": form, "updates": letter.updates.all(), "followers": letter.subscriptions.count()}
    return pages.show(request, letter, "updates", _("Updates"), context, status=422 if form.is_bound else 200)
