"""Read-only JSON for other people's programs."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import patch_cache_control
from ninja import Path, Query

from petitions import counts
from petitions.api import answers, bundles, cursors, pages, schemas
from petitions.api import letters as told
from petitions.api.interface import api
from petitions.models import Letter

Slug = Annotated[
    str, Path(description="The letter's address, as in its link.", pattern="^[-a-zA-Z0-9_]+$", max_length=80)
]
Cursor = Annotated[
    str,
    Query(
        description="Where the page begins: out of the address in next, never made up.",
        pattern="^[-a-zA-Z0-9_]*$",
        max_length=cursors.LONGEST,
    ),
]


@api.reads("letters/", schemas.Letters, name="letters", errors=(400,))
def letters(request: HttpRequest, cursor: Cursor = "") -> dict[str, Any]:
    """Public letters."""
    rows = Letter.objects.listed().latest_first()
    found, following = pages.read(rows, path=reverse("api:letters"), moment="opened_at", cursor=cursor)
    tallies = counts.shown_all(found)
    return {"letters": [told.summary(letter, tallies[letter.pk]) for letter in found], "next": following}


@api.reads("letters/{slug:slug}/", schemas.Letter, name="letter")
def letter(request: HttpRequest, response: HttpResponse, slug: Slug) -> dict[str, Any]:
    """A letter."""
    return told.whole(_found(slug, response))


@api.reads("letters/{slug:slug}/signatures/", schemas.Signatures, name="signatures", errors=(400, 404))
def signatures(
    request: HttpRequest, response: HttpResponse, slug: Slug, cursor: Cursor = ""
) -> dict[str, Any]:
    """Who signed under a name."""
    letter = _found(slug, response)
    rows = letter.signatures.all().named().latest_first().annotate(text_number=F("version__number"))
    path = reverse("api:signatures", args=[slug])
    found, following = pages.read(rows, path=path, moment="signed_at", cursor=cursor)
    return {"signatures": [told.signature(row, version=row.text_number) for row in found], "next": following}


@api.reads("letters/{slug:slug}/history/", schemas.History, name="history")
def history(request: HttpRequest, response: HttpResponse, slug: Slug) -> dict[str, Any]:
    """How the number grew."""
    days = counts.shown_days(_found(slug, response))
    return {
        "days": [{"day": day.day, "signatures": day.signatures} for day in days],
        "total": sum(day.signatures for day in days),
    }


@api.reads("letters/{slug:slug}/bundle/", schemas.Bundle, name="bundle")
def bundle(request: HttpRequest, slug: Slug) -> StreamingHttpResponse:
    """Everything for counting again."""
    answer = StreamingHttpResponse(content_type="application/json")
    answer.streaming_content = answers.in_english(bundles.pieces(_found(slug, answer)))
    patch_cache_control(answer, public=True, max_age=answers.FRESH)
    return answer


def _found(slug: str, answer: HttpResponse | StreamingHttpResponse) -> Letter:
    """The letter that whoever knows its address may read; what belongs to one by link only is kept out of search
    engines."""
    letter = get_object_or_404(Letter.objects.published(), slug=slug)
    if not letter.is_listed:
        answer["X-Robots-Tag"] = "noindex"
    return letter
