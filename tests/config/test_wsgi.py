from __future__ import annotations

from io import BytesIO

import pytest

from config.wsgi import application

pytestmark = pytest.mark.django_db  # Django looks after its connections at each request


def ask(content_type: str, **more: str) -> str:
    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/healthz",
        "QUERY_STRING": "q=%5Cud800",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": content_type,
        "wsgi.input": BytesIO(b""),
        "wsgi.url_scheme": "http",
        **more,
    }
    b"".join(application(environ, lambda status, headers, *rest: statuses.append(status)))
    return statuses[0]


@pytest.mark.parametrize(
    "charset", ["zlib", "hex", "rot13", "base64", "idna", "undefined", "unicode_escape", "utf-16", "nonsense"]
)
def test_a_charset_that_is_not_ours_is_refused(charset):
    assert ask(f"application/x-www-form-urlencoded; charset={charset}") == "400 Bad Request"


@pytest.mark.parametrize(
    "content_type", ["", "text/html", "application/json; charset=utf-8", 'text/plain; charset="UTF-8"']
)
def test_ours_is_answered(content_type):
    assert ask(content_type) == "200 OK"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "GZIP", "nonsense"])
def test_a_compressed_body_is_refused_unread(encoding):
    assert ask("", HTTP_CONTENT_ENCODING=encoding) == "415 Unsupported Media Type"


def test_an_uncompressed_one_may_say_so():
    assert ask("", HTTP_CONTENT_ENCODING="identity") == "200 OK"
