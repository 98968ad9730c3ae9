"""The web's entry: `granian --interface wsgi config.wsgi:application`."""

import gc
import os
from collections.abc import Callable, Iterable
from email.message import Message
from importlib import import_module
from typing import Any, cast

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.headers import PERMISSIONS, RESOURCE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # all pages
gc.freeze()  # see `config.garbage`: of all this hardly an object is rubbish

# Those of every page: see "What browsers are told" in the settings.
PLAIN = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    (RESOURCE, "same-origin"),
    ("Permissions-Policy", PERMISSIONS),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django decodes addresses and forms by the charset that a client names, whatever it is; ours are UTF-8.

    It takes a compressed body for what it is not, and no browser sends one.
    """
    if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
        start_response("415 Unsupported Media Type", [*PLAIN, ("Accept-Encoding", "identity")])
        return [b"Please send it uncompressed.\n"]
    if _charset(environ.get("CONTENT_TYPE", "")) in ("", "utf-8", "utf8"):
        return _at_once(django(environ, start_response))
    start_response("400 Bad Request", PLAIN)
    return [b"Please send UTF-8.\n"]


def _at_once(answer: Any) -> Iterable[bytes]:
    """What is there whole is handed over as a list, which granian sends in one piece.

    Anything else it asks for piece by piece, and gives Python's lock away in between.
    """
    if getattr(answer, "streaming", True):
        return cast(Iterable[bytes], answer)
    try:
        return [*answer]
    finally:
        answer.close()


def _charset(content_type: str) -> str:
    if ";" not in content_type:  # as browsers send forms: nothing is named
        return ""
    header = Message()
    header["Content-Type"] = content_type
    return str(header.get_param("charset", "")).lower()
