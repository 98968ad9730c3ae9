"""The reader's language: the one that their link names, otherwise the one that their browser asks for; no cookie.

A link that names one does so for the whole visit: every address that a page gives out carries `?lang=` on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

PARAMETER = "lang"
ENGLISH_ONLY = "/api/"  # for programs, so that a cache keeps one answer for all
LOOKED_FOR = ("q", "workplace", "page")  # goes along into another language; whatever else was sent does not
ASKED_BY_HEADER = ("/admin/", "/accounts/")  # pages whose addresses are not ours to add to

_chosen: ContextVar[str] = ContextVar("language named by the link", default="")


class ReadersLanguage:
    """Middleware: answers in the reader's language and says so (`Content-Language`, `Vary`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(ENGLISH_ONLY):
            with translation.override(settings.LANGUAGE_CODE):
                return self.get_response(request)
        named = "" if request.path.startswith(ASKED_BY_HEADER) else known(request.GET.get(PARAMETER, ""))
        language = named or translation.get_language_from_request(request)
        before = _chosen.set(named)
        try:
            with translation.override(language):
                answer = self.get_response(request)
        finally:
            _chosen.reset(before)
        answer.setdefault("Content-Language", language)
        patch_vary_headers(answer, ["Accept-Language"])
        return answer


def known(code: str) -> str:
    """The language that this site speaks for the code of a language (RFC 5646); empty for any other text."""
    try:
        return translation.get_supported_language_variant(code)
    except LookupError:
        return ""


def carried(address: str) -> str:
    """An address of this site, with the language that the reader's link named if it named one."""
    named = _chosen.get()
    if not named:
        return address
    address, hash_sign, fragment = address.partition("#")
    joint = "&" if "?" in address else "?"
    return address + joint + urlencode({PARAMETER: named}) + hash_sign + fragment


def named() -> str:
    """The language that the reader's link named, or nothing; for forms whose fields replace an address's."""
    return _chosen.get()


def others(request: HttpRequest) -> list[dict[str, str]]:
    """The same page in each of the site's other languages: its code, its own name for itself, its address."""
    if request.path.startswith(ENGLISH_ONLY):
        return []
    now = translation.get_language()
    return [
        {
            "code": code,
            "name": translation.get_language_info(code)["name_local"],
            "address": _in(request, code),
        }
        for code, _name in settings.LANGUAGES
        if code != now
    ]


def _in(request: HttpRequest, code: str) -> str:
    asked = {name: request.GET[name] for name in LOOKED_FOR if name in request.GET}
    return f"?{urlencode(asked | {PARAMETER: code})}"
