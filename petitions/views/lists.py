"""The list of names of a letter, and what a search finds in it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from petitions import counts
from petitions.models import Letter, Signature, Workplace, searches
from petitions.models.words import searchable
from petitions.recent import recent
from petitions.views import remembered
from petitions.views.answers import for_letter, for_signer

PAGE = 100
LONGEST = 9  # digits of a page's number
FEW = 1_000  # names that a search reads at once


@require_safe
@remembered.remembered
def listing(request: HttpRequest, slug: str) -> HttpResponse:
    words = _sought(request.GET.get("q", ""))
    return _found(request, slug, words) if words else _all(request, slug, words)


def _sought(typed: str) -> str:
    """Nothing where only blanks and accents were typed: they would be found in every name."""
    words = typed[:100].replace("\x00", "").strip()
    return words if searchable(words).strip() else ""


@for_letter
def _all(request: HttpRequest, letter: Letter, words: str) -> HttpResponse:
    workplaces, tally = letter.listed_workplaces, counts.shown(letter)
    chosen = _chosen(workplaces, request)
    is_whole = letter.is_open and not chosen
    known = tally.named if is_whole else None  # names of a closed letter may have been erased
    page = Names(letter, chosen, known).get_page(request.GET.get("page", ""))
    about = {"workplaces": workplaces, "workplace": chosen, "tally": tally, "page": page}
    return _page(request, letter, about, q=words, lines=_lines(letter, page))


@for_signer
def _found(request: HttpRequest, letter: Letter, words: str) -> HttpResponse:
    """The page around the lines is the same for all who find as many, but for what they typed."""
    workplaces = _workplaces(letter.pk)
    chosen, asked = _chosen(workplaces, request), request.GET.get("page", "")
    names = Found(letter, chosen, words, asked)
    page = names.get_page(asked)

    def around(parts: Mapping[str, str]) -> HttpResponse:
        about = {"workplaces": workplaces, "workplace": chosen, "tally": counts.shown(letter), "page": page}
        asking = _asking(request, unquote_plus(parts["typed"]))
        return _page(asking, letter, about, q=parts["q"], lines=parts["lines"])

    kind = (page.number, names.count, names.num_pages, names.are_all)
    typed = mark_safe(quote_plus(request.GET["q"]))  # noqa: S308 - as it stands in addresses
    parts = {"q": escape(words), "typed": typed, "lines": _lines(letter, page)}
    return remembered.framed(request, around, *kind, but="q", **parts)


def _asking(request: HttpRequest, words: str) -> HttpRequest:
    """The same request, for these words."""
    asking, asked = copy.copy(request), request.GET.copy()
    asked["q"] = words
    asking.GET = asked  # type: ignore[assignment]  # which is said to be immutable
    return asking


def _page(request: HttpRequest, letter: Letter, about: dict[str, Any], *, q: str, lines: str) -> HttpResponse:
    workplaces = about["workplaces"] if len(about["workplaces"]) > 1 else []
    context = about | {"letter": letter, "workplaces": workplaces, "q": q, "lines": lines}
    return render(request, "signatures/list.html", context)


def _lines(letter: Letter, page: Page) -> SafeString:
    return render_to_string("signatures/_lines.html", {"letter": letter, "page": page})


@recent
def _workplaces(letter: int) -> list[Workplace]:
    return Letter(pk=letter).listed_workplaces


def _chosen(workplaces: list[Workplace], request: HttpRequest) -> Workplace | None:
    """Anything that is none of the letter's workplaces chooses all of them."""
    typed = request.GET.get("workplace", "")
    return next((workplace for workplace in workplaces if str(workplace.pk) == typed), None)


class Names(Paginator):
    """Pages of a list that may be long: what goes before a page is passed over in the index alone.

    Where it is not known how many there are, the first ones are looked for; when those are all, nothing is counted.
    """

    are_all = True

    def __init__(self, letter: Letter, workplace: Workplace | None, known: int | None) -> None:
        rows = letter.signatures.all().named().from_workplace(workplace).latest_first()
        super().__init__(rows, PAGE)
        self._ids = rows.values_list("pk", flat=True)
        self._first = list(self._ids[: FEW + 1]) if known is None else []
        self._are_few = known is None and len(self._first) <= FEW
        if known is not None or self._are_few:
            self.count = len(self._first) if known is None else known

    def page(self, number: int | str) -> Page:
        number = self.validate_number(number)
        found = self._first if self._are_few else self._ids
        return Page(Signature.lines_of(list(found[(number - 1) * PAGE : number * PAGE])), number, self)


class Found(Paginator):
    """What a search finds, up to the page that is asked for; how many there are is known once all are found.

    Of very many only the first are shown: whoever looks for somebody types more of the name.
    """

    def __init__(self, letter: Letter, workplace: Workplace | None, words: str, asked: str) -> None:
        super().__init__([], PAGE)
        last = FEW // PAGE
        pages = max(1, min(int(asked), last)) if asked.isdecimal() and len(asked) < LONGEST else 1
        found = searches.first(letter, words, pages * PAGE + 1, workplace=workplace)
        self._lines = found[: pages * PAGE]
        self.count = len(self._lines)
        self.are_all = len(found) == self.count
        self._has_more = not self.are_all and pages < last

    @property
    def num_pages(self) -> int:
        """One more than is known, where there is more."""
        return -(-max(self.count, 1) // PAGE) + self._has_more

    def page(self, number: int | str) -> Page:
        number = self.validate_number(number)
        return Page(self._lines[(number - 1) * PAGE : number * PAGE], number, self)
