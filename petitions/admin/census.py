"""Every letter as operators see it: how it stands and what is wrong with it. Nobody's name or address."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from petitions import counts
from petitions.admin import access
from petitions.admin.site import workspace
from petitions.models import Delivery, Domain, Letter, Mismatch, Tally
from petitions.models.deliveries import UNDECIDED

PAGE = 50


@dataclass(frozen=True)
class Row:
    letter: Letter
    tally: Tally
    mails: list[str]
    problems: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """A draft's words are nobody's yet, and those of a letter by link only are for who has the link."""
        if self.letter.is_draft:
            return _("Draft no. %(number)s") % {"number": self.letter.pk}
        if not self.letter.is_listed:
            return _("By link only, no. %(number)s") % {"number": self.letter.pk}
        return self.letter.title


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    access.operator(request)
    page = Paginator(_found(), PAGE).get_page(request.GET.get("page"))
    context = workspace.each_context(request) | {
        "title": _("All letters"),
        "page": page,
        "rows": _rows(page),
    }
    return render(request, "admin/census.html", context)


def _found() -> QuerySet[Letter]:
    frozen = (
        Domain.objects.frozen().filter(workplace__letters=OuterRef("pk")).exclude(lifted_for=OuterRef("pk"))
    )
    wrong = Mismatch.objects.filter(letter=OuterRef("pk"))
    return Letter.objects.annotate(has_frozen=Exists(frozen), has_mismatch=Exists(wrong)).order_by("-pk")


def _rows(page: Page[Letter]) -> list[Row]:
    found = list(page)
    tallies, mails, troubles = counts.shown_all(found), _mails(found), _troubles(found)
    return [
        Row(letter, tallies[letter.pk], mails[letter.pk], _problems(letter, *troubles[letter.pk]))
        for letter in found
    ]


def _mails(found: list[Letter]) -> dict[int, list[str]]:
    """Of letters to recipients, how many are in each state."""
    sums = Delivery.objects.letters().filter(letter__in=found).order_by("letter", "state")
    mails = defaultdict(list)
    for row in sums.values("letter", "state").annotate(number=Count("pk")):
        mails[row["letter"]].append(f"{row['number']} {Delivery.State(row['state']).label}")
    return mails


def _troubles(found: list[Letter]) -> dict[int, tuple[int, int, int]]:
    """Mails that are held, refused, and wait for a decision."""
    held, refused = Q(state=Delivery.State.HELD), Q(state=Delivery.State.REFUSED)
    sums = Delivery.objects.filter(letter__in=found).order_by("letter").values("letter")
    rows = sums.annotate(
        held=Count("pk", filter=held),
        refused=Count("pk", filter=refused),
        undecided=Count("pk", filter=UNDECIDED),
    )
    troubles: dict[int, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    return troubles | {row["letter"]: (row["held"], row["refused"], row["undecided"]) for row in rows}


def _problems(letter: Letter, held: int, refused: int, undecided: int) -> list[str]:
    said = [
        _("its mails are paused") if letter.is_paused else "",
        _("a number does not match") if letter.has_mismatch else "",  # type: ignore[attr-defined]
        _("a mail domain gets no codes") if letter.has_frozen else "",  # type: ignore[attr-defined]
        _number(held, ngettext("%(number)s mail held", "%(number)s mails held", held)),
        _number(refused, ngettext("%(number)s mail refused", "%(number)s mails refused", refused)),
        _number(undecided, ngettext("%(number)s mail to decide", "%(number)s mails to decide", undecided)),
    ]
    return [sentence for sentence in said if sentence]


def _number(number: int, sentence: str) -> str:
    return sentence % {"number": number} if number else ""


workspace.pages.append(path("operations/letters/", workspace.admin_view(letters), name="operations_letters"))
