"""What of a letter is shown elsewhere: its picture beside links, its feed, its number in other people's pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from petitions import counts
from petitions.documents import cards, progress, sharing, timeline
from petitions.documents.feed import atom
from petitions.models import Letter
from petitions.views.answers import for_letter

KEPT = 2  # seconds in caches: with as many of the count, everything shows a new number within five


@require_safe
@cache_control(public=True, max_age=KEPT)
@for_letter
def card(request: HttpRequest, letter: Letter) -> HttpResponse:
    tally = counts.shown(letter)
    document = cards.of(
        letter, letter.version, tally, progress.of(letter, letter.milestones.all(), tally.total)
    )
    return _unless_known(request, document.digest, "image/png", lambda: cards.png(document))


@require_safe
@cache_control(public=True, max_age=KEPT)
@for_letter
def feed(request: HttpRequest, letter: Letter) -> HttpResponse:
    """Without Last-Modified: events say their day, and what comes later on that day would be missed."""
    shared = sharing.of(letter, letter.version)
    content = atom(letter, shared, timeline.of(letter), counts.shown(letter)).encode()
    digest = hashlib.sha256(content).hexdigest()
    return _unless_known(request, digest, "application/atom+xml; charset=utf-8", lambda: content)


def _unless_known(
    request: HttpRequest, digest: str, content_type: str, make: Callable[[], bytes]
) -> HttpResponse:
    """Whoever has it already is told so, before it is made."""
    etag = quote_etag(digest)
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = HttpResponse(make(), content_type=content_type)
    answer["ETag"] = etag
    return answer
