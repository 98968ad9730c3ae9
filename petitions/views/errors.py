"""Answers when something cannot be done: plain pages that say what to do, without a query, a trace or a setting.

They are made without what other pages are told of the request, so that no fault there becomes a second one here. They
are never JSON: our script has better sentences for a fault, and must not take one for a refusal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers

from petitions import faults

log = structlog.stdlib.get_logger(__name__)
MOST = 256_000  # bytes
LONG = ("/admin/", "/answer/")  # where whole letters and answers are written; Django's own limit holds there


class SaysWhatToDo:
    """Django answers a method that a page does not take with nothing to read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code == 405 and not answer.streaming and not answer.content:
            page = _page(405)
            page["Allow"] = answer["Allow"]
            return page
        return answer


class TakesLittle:
    """Forms for everybody are short. A body of megabytes takes a hundred times its time and memory to be decoded."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > MOST and not request.path.startswith(LONG):
            return _page(413)
        return self.get_response(request)


def malformed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    return _page(403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(404)


def broken(request: HttpRequest) -> HttpResponse:
    """The last door: even a page that cannot be drawn is an answer. Called while the fault is being handled."""
    fault = sys.exception()
    try:
        if isinstance(fault, faults.Busy):
            return busy(request)
        return stuck(request) if faults.passes(fault) else _page(500)
    except Exception:
        log.exception("The page about a fault has a fault itself.")
        sentence = "Something broke on our side. Try again in a few minutes.\n"
        return HttpResponse(sentence, status=500, content_type="text/plain; charset=utf-8")


def too_often(request: HttpRequest, seconds: int = 60) -> HttpResponse:
    return _later(429, seconds)


def busy(request: HttpRequest, seconds: int = 30) -> HttpResponse:
    return _later(503, seconds)


def stuck(request: HttpRequest, seconds: int = 30) -> HttpResponse:
    """Nothing could be stored. Whatever was typed is in the page, which sends it again."""
    typed = [*request.POST.lists()] if request.method == "POST" else []
    return _later(503, seconds, is_stuck=True, typed=typed)


def held(request: HttpRequest, seconds: int = 60) -> HttpResponse:
    """The site is being restored. Nothing that was typed could be stored anywhere."""
    return _later(503, seconds, is_held=True)


def _later(status: int, seconds: int, **context: Any) -> HttpResponse:
    answer = _page(status, seconds=seconds, minutes=-(-seconds // 60), **context)
    answer["Retry-After"] = str(seconds)
    return answer


def _page(status: int, **context: Any) -> HttpResponse:
    answer = HttpResponse(render_to_string(f"errors/{status}.html", context), status=status)
    add_never_cache_headers(answer)  # a page that is not there may be there in a minute
    return answer
