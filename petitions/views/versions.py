"""What was corrected: each version of a letter beside the one before, for whoever signed an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from petitions.documents import differences
from petitions.documents.differences import Part
from petitions.models import Letter, Version
from petitions.views.answers import for_letter
from petitions.views.remembered import remembered


@dataclass(frozen=True)
class Comparison:
    old: Version
    new: Version
    parts: list[Part]


@require_safe
@remembered
@for_letter
def versions(request: HttpRequest, letter: Letter) -> HttpResponse:
    found = list(letter.versions.all())
    pairs = list(pairwise(found))[::-1]
    if len(pairs) > 1:
        pairs.insert(0, (found[0], found[-1]))  # for those who signed first, at one look
    context = {"letter": letter, "comparisons": [_compared(*pair) for pair in pairs]}
    return render(request, "letters/versions.html", context)


def _compared(old: Version, new: Version) -> Comparison:
    return Comparison(old, new, differences.between(old, new))
