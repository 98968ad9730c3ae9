"""Signatures on paper and earlier ones: a labelled figure that owners enter, and mend."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from petitions.admin import access, pages
from petitions.flows import papers
from petitions.forms.papers import PaperForm
from petitions.models import Letter, Paper, PaperSignature

PAGE = 100
asks_first = require_http_methods(["GET", "HEAD", "POST"])


@asks_first
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    form = PaperForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        context = {"form": form, "papers": letter.papers.all().counted()}
        status = 422 if form.is_bound else 200
        return pages.show(request, letter, "papers", _("Signatures on paper"), context, status=status)
    papers.enter(letter, **form.cleaned_data, by=access.person(request))
    return pages.done(request, letter, _("Entered. It stands beside the number, not in it."), to="papers")


@asks_first
def one(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    found = _paper(letter, paper)
    form = PaperForm(request.POST if request.method == "POST" else None, instance=found)
    if not form.is_bound or not form.is_valid():
        names = Paginator(found.signatures.exclude(name=""), PAGE).get_page(request.GET.get("page"))
        context = {"form": form, "paper": found, "page": names}
        status = 422 if form.is_bound else 200
        return pages.show(request, letter, "paper", _("Signatures on paper"), context, status=status)
    if not papers.change(found, **form.cleaned_data, by=access.person(request)):
        return _gone(request, letter)
    return pages.done(request, letter, _("Saved."), to="papers")


@asks_first
def remove(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    found = _paper(letter, paper)
    if request.method != "POST":
        return pages.show(request, letter, "paper_remove", _("Remove this entry?"), {"paper": found})
    if not papers.remove(found, by=access.person(request)):
        return _gone(request, letter)
    return pages.done(request, letter, _("The entry is removed."), to="papers")


@require_POST
def remove_name(request: HttpRequest, pk: int, paper: int, name: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    rows = PaperSignature.objects.filter(paper__letter=letter, paper=paper).select_related("paper__letter")
    if not papers.remove_name(get_object_or_404(rows, pk=name), by=access.person(request)):
        return _gone(request, letter)
    return pages.done(request, letter, _("The name is removed, and the figure is one less."), to="papers")


def _paper(letter: Letter, pk: int) -> Paper:
    return get_object_or_404(letter.papers.all().counted().select_related("letter"), pk=pk)


def _gone(request: HttpRequest, letter: Letter) -> HttpResponse:
    return pages.failed(request, letter, _("Somebody has removed it meanwhile."), to="papers")
