"""What all answers of the API share: any page elsewhere may read them, none has a cookie, and all are in English.

Errors are problem details (RFC 9457).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.handlers.exception import response_for_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag
from django.views.decorators.csrf import csrf_exempt

from petitions import faults

METHODS = "GET, HEAD, OPTIONS"
FRESH = 3  # seconds in caches: with the two of a shown number, at most five behind the rows
PROBLEM = "application/problem+json"
DETAILS = {
    400: "The address has something that was not understood.",
    404: "There is nothing at this address, or nothing that everybody may read.",
    405: "The API is only read: use GET or HEAD.",
    412: "What is here is not what the request asked for.",
    500: "Something broke here. It was logged.",
    503: "The database is busy. Please ask again later.",
}


def to_everybody(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @csrf_exempt  # nothing changes here; without it a POST would be answered by a page
    @wraps(view)
    def answered(request: HttpRequest, *rest: Any, **named: Any) -> HttpResponseBase:
        _forget_cookies(request)
        with translation.override("en"):
            answer = _answer(request, view, *rest, **named)
        answer["Content-Language"] = "en"
        answer["Access-Control-Allow-Origin"] = "*"
        answer["Access-Control-Expose-Headers"] = "ETag"
        return answer

    return answered


def in_english(pieces: Iterator[str]) -> Iterator[str]:
    """For what is made while it is sent. Between two pieces the language is left as it was."""
    while True:
        with translation.override("en"):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def problem(status: int) -> HttpResponse:
    return _as_problem(HttpResponse(status=status))


def nothing(request: HttpRequest) -> HttpResponse:
    return problem(404)


def _answer(
    request: HttpRequest, view: Callable[..., HttpResponseBase], *rest: Any, **named: Any
) -> HttpResponseBase:
    if request.method == "OPTIONS":
        return _preflight()
    if request.method not in METHODS.split(", "):
        return problem(405)
    try:
        answer = _kept(request, view(request, *rest, **named))
    except Http404:  # the framework's own root; its operations answer themselves
        return problem(404)
    except Exception as fault:
        answer = response_for_exception(request, fault)  # logged there, once
        if faults.passes(fault):
            answer.status_code = 503
    return _as_problem(answer) if answer.status_code >= 400 else answer


def _as_problem(answer: Any) -> HttpResponse:
    status = answer.status_code
    phrase = HTTPStatus(status).phrase
    answer.content = json.dumps({"title": phrase, "status": status, "detail": DETAILS.get(status, phrase)})
    answer["Content-Type"] = PROBLEM
    if status == 405:
        answer["Allow"] = METHODS
    if status == 503:
        answer["Retry-After"] = "30"
    return answer


def _forget_cookies(request: HttpRequest) -> None:
    """Nobody is known here. A broken cookie would be mended by a new one, and a shared cache would hand that on."""
    request.COOKIES.clear()
    request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", None)


def _preflight() -> HttpResponse:
    """What a browser asks before another site's script sends more than a plain GET."""
    return HttpResponse(
        status=204,
        headers={
            "Allow": METHODS,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": "If-None-Match",
            "Access-Control-Max-Age": "86400",
        },
    )


def _kept(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Whoever has the same already is told only that. Streams and pages say themselves how long they last."""
    if not isinstance(answer, HttpResponse) or answer.status_code != 200 or _is_page(answer):
        return answer
    patch_cache_control(answer, public=True, max_age=FRESH)
    set_response_etag(answer)
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer


def _is_page(answer: HttpResponse) -> bool:
    return answer["Content-Type"].startswith("text/html")
