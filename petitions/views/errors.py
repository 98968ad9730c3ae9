"""Answers when something cannot be done: plain pages without a query, a trace or a setting."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, f"errors/{status}.html", status=status)


def malformed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    return _page(request, 500)


def too_often(request: HttpRequest, seconds: int = 60) -> HttpResponse:
    answer = _page(request, 429)
    answer["Retry-After"] = str(seconds)
    return answer


def busy(request: HttpRequest, seconds: int = 30) -> HttpResponse:
    answer = _page(request, 503)
    answer["Retry-After"] = str(seconds)
    return answer
