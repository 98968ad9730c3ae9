"""Read-only JSON for other people's programs."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from petitions.api import bundles
from petitions.models import Letter
from petitions.views.answers import for_letter

KEPT = 60  # seconds in caches; as long may a withdrawn line stay in them


@require_safe
@cache_control(public=True, max_age=KEPT)
@for_letter
def bundle(request: HttpRequest, letter: Letter) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(bundles.pieces(letter), content_type="application/json")
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
