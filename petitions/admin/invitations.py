"""Invitations of a letter: printing a sheet, and voiding what is not used."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from petitions import counts
from petitions.admin import access, pages
from petitions.crypto import typed
from petitions.documents.invitations import SheetDocument, SheetWords, sheet_pdf
from petitions.faults import Busy
from petitions.flows import invitations, signatures
from petitions.forms.invitations import SheetForm
from petitions.models import Invitation, Letter, Proof


@require_http_methods(["GET", "HEAD", "POST"])
def sheets(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    if letter.is_draft:
        return pages.failed(
            request, letter, _("Invitations carry the letter's address, which is settled when it opens.")
        )
    form = SheetForm(letter, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _page(request, letter, form)
    return _print(request, letter, form)


def _print(request: HttpRequest, letter: Letter, form: SheetForm) -> HttpResponse:
    try:
        codes = invitations.print_sheet(letter, **form.cleaned_data, by=access.person(request))
    except signatures.LetterNotOpen:
        return pages.failed(request, letter, _("This letter is not open."))
    except invitations.TooManyInvitations:
        form.add_error(None, _("This letter has as many invitations as it may have."))
        return _page(request, letter, form)
    try:
        sheet = sheet_pdf(_document(letter, codes))
    except Busy:
        form.add_error(
            None, _("The sheet could not be printed. Nobody has its codes; please print another one.")
        )
        return _page(request, letter, form)
    answer = HttpResponse(
        sheet,
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="invitations.pdf"'},
    )
    add_never_cache_headers(answer)
    return answer


def _document(letter: Letter, codes: list[str]) -> SheetDocument:
    return SheetDocument(
        codes=[typed.grouped(code) for code in codes],
        url=settings.SITE_URL + reverse("invitation", args=[letter.slug]),
        dated=timezone.now().date(),
        words=SheetWords(
            title=_("Invitations"),
            slip=_("Invitation, for one person"),
            how=_(
                "Open this address on a private phone or computer, not on your employer's network,"
                " and type the code:"
            ),
            once=_("It works once. The site does not know who got it. Destroy this paper afterwards."),
            picture=_("The address above, to be scanned"),
        ),
        language=(get_language() or "en")[:2],
    )


def _page(request: HttpRequest, letter: Letter, form: SheetForm) -> HttpResponse:
    by_proof = counts.recount(letter).by_proof
    context = {
        "form": form,
        "sheets": letter.sheets.all(),
        "has_valid": letter.sheets.valid().exists(),
        "figures": [
            {
                "proof": Proof(proof).label,
                "printed": letter.sheets.filter(proof=proof).printed(),
                "counted": by_proof.get(proof, 0),
            }
            for proof in Invitation.PROOFS
        ],
    }
    return pages.show(
        request, letter, "invitations", _("Invitations"), context, status=422 if form.is_bound else 200
    )


@require_POST
def void(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    try:
        invitations.void(letter, by=access.person(request))
    except signatures.LetterNotOpen:
        return pages.failed(request, letter, _("This letter is not open."))
    return pages.done(request, letter, _("No unused invitation can be used any more."), to="invitations")
