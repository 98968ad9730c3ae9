"""The web's entry: `granian --interface wsgi config.wsgi:application`."""

import os
from collections.abc import Callable, Iterable
from email.message import Message
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django decodes addresses and forms by the charset that a client names, whatever it is; ours are UTF-8."""
    if _charset(environ.get("CONTENT_TYPE", "")) in ("", "utf-8", "utf8"):
        return django(environ, start_response)
    start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
    return [b"Please send UTF-8.\n"]


def _charset(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type
    return str(header.get_param("charset", "")).lower()
