"""The names that organizers copied from paper: on a page of their own, away from the list of signatures."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from petitions.documents.letters import papers_of
from petitions.documents.sentences import paper_sentences
from petitions.models import Letter, PaperSignature
from petitions.views.answers import for_letter
from petitions.views.remembered import remembered

PAGE = 100


@require_safe
@remembered
@for_letter
def names(request: HttpRequest, letter: Letter) -> HttpResponse:
    rows = PaperSignature.objects.filter(paper__letter=letter).exclude(name="")
    rows = rows.select_related("paper").order_by("paper", "pk")
    context = {
        "letter": letter,
        "paper_sentences": paper_sentences(papers_of(letter)),
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "papers/names.html", context)
