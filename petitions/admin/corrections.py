"""Correcting a letter that people are signing: the words as they are typed, and the version that is made of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST

from petitions.admin import access, drafts, pages, previews
from petitions.documents import differences, pictures
from petitions.flows import letters
from petitions.forms.letters import CorrectionForm
from petitions.models import Letter, Version


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    if not letter.is_open:
        return pages.failed(request, letter, _("Only the text of an open letter is corrected here."))
    form = CorrectionForm(letter, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        status = 422 if form.is_bound else 200
        return pages.show(request, letter, "correct", _("Correct the text"), {"form": form}, status=status)
    return _correct(request, letter, form)


@transaction.atomic
def _correct(request: HttpRequest, letter: Letter, form: CorrectionForm) -> HttpResponse:
    """Inside the letter's lock: no signature may fall between the old words and the new version."""
    letter.hold_lock()
    if not Letter.objects.filter(pk=letter.pk, state=Letter.State.OPEN).exists():
        return pages.failed(request, letter, _("The letter was closed meanwhile. Nothing was corrected."))
    if form.refuse_outdated(letter.version):
        context = {"form": form, "parts": differences.between(letter.version, form.typed())}
        return pages.show(request, letter, "correct", _("Correct the text"), context, status=422)
    form.save()
    version = letters.correct(letter, by=access.person(request))
    if version is None:
        return pages.done(request, letter, _("Nothing differs, so nothing was corrected."))
    return pages.done(request, letter, _("Corrected: version %(number)s.") % {"number": version.number})


@require_POST
@xframe_options_sameorigin
@previews.shows_page
def typed_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _typed(request, pk, partial(previews.page_of, request))


@require_POST
@xframe_options_sameorigin
@previews.shows_mail
def typed_mail(request: HttpRequest, pk: int) -> HttpResponse:
    return _typed(request, pk, lambda letter, version: previews.mail_of(pictures.of(letter, version)))


@require_POST
def typed_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    return _typed(request, pk, lambda letter, version: previews.pdf_of(pictures.of(letter, version)))


def _typed(request: HttpRequest, pk: int, look: Callable[[Letter, Version], HttpResponse]) -> HttpResponse:
    """How the letter would look with what is typed. Nothing is stored, not even for a moment, and nobody waits."""
    letter = access.letter(request, pk, roles=access.EDITORS)
    if not letter.is_open:
        return pages.failed(request, letter, _("Only the text of an open letter is corrected here."))
    form = CorrectionForm(letter, request.POST)
    if form.is_valid():
        return look(letter, form.typed())
    return render(
        request, "admin/letters/typed_refused.html", {"reasons": drafts.reasons([form])}, status=422
    )
