"""What of a letter is shown elsewhere: its picture beside links, and its number in other people's pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from petitions import counts
from petitions.documents import cards, progress
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
    etag = quote_etag(document.digest)
    answer = get_conditional_response(request, etag=etag)  # before the picture is made
    if answer is None:
        answer = HttpResponse(cards.png(document), content_type="image/png")
    answer["ETag"] = etag
    return answer
