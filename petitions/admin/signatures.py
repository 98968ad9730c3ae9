"""Watching signatures: the named ones as the public sees them, the others as a figure."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from petitions import counts
from petitions.admin import access, pages
from petitions.documents import letters as documents
from petitions.documents.sentences import count_sentences, invalid_sentences
from petitions.flows import reviews
from petitions.models import Letter, Signature

PAGE = 100
MEANWHILE = gettext_lazy("Nothing was done: this has changed meanwhile. Please look again.")


@require_safe
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    query = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    named = letter.signatures.all().named().latest_first()
    context = {
        "query": query,
        "page": Paginator(named.matching(query), PAGE).get_page(request.GET.get("page")),
        "to_review": letter.signatures.all().to_review().count(),
        "count_sentences": count_sentences(counts.recount(letter).as_json(), documents.domain_names(letter))
        + invalid_sentences(letter.signatures.all().invalid().by_reason()),
    }
    return pages.show(request, letter, "signatures", _("Signatures"), context)


@require_POST
def statement(request: HttpRequest, pk: int, signature: UUID) -> HttpResponse:
    letter = access.letter(request, pk)
    is_shown, seen = request.POST.get("show") == "yes", request.POST.get("seen", "")
    found = _named(letter, signature)
    if not reviews.show_statement(found, seen=seen, is_shown=is_shown, by=access.person(request)):
        return pages.failed(request, letter, str(MEANWHILE), to="signatures")
    sentence = _("The statement is shown now.") if is_shown else _("The statement is no longer shown.")
    return pages.done(request, letter, sentence, to="signatures")


@require_POST
def pin(request: HttpRequest, pk: int, signature: UUID) -> HttpResponse:
    letter = access.letter(request, pk)
    is_pinned, seen = request.POST.get("pin") == "yes", request.POST.get("seen", "")
    try:
        found = _named(letter, signature)
        if not reviews.pin(found, seen=seen, is_pinned=is_pinned, by=access.person(request)):
            return pages.failed(request, letter, str(MEANWHILE), to="signatures")
    except reviews.TooManyPinned:
        refusal = _("At most %(most)s names can stand above the others.") % {"most": reviews.MOST_PINNED}
        return pages.failed(request, letter, refusal, to="signatures")
    sentence = (
        _("The name stands above the others now.") if is_pinned else _("The name stands among the others.")
    )
    return pages.done(request, letter, sentence, to="signatures")


def _named(letter: Letter, pk: UUID) -> Signature:
    return get_object_or_404(letter.signatures.all().named().select_related("letter"), pk=pk)
