from __future__ import annotations

from io import BytesIO

import pytest
from django.core.signals import request_finished
from django.http import StreamingHttpResponse

from config import wsgi
from config.wsgi import application

pytestmark = pytest.mark.django_db  # Django looks after its connections at each request


def ask(content_type: str, **more: str) -> str:
    return answer(content_type, **more)[0]


def answer(content_type: str = "", **more: str) -> tuple[str, object]:
    """The status, and what the server is given to send."""
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
    told = application(environ, lambda status, headers, *rest: statuses.append(status))
    return statuses[0], told


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


def test_a_page_is_handed_over_whole_and_done_with():
    """granian sends a list at once, and asks anything else piece by piece."""
    finished: list[object] = []
    request_finished.connect(note := lambda **about: finished.append(about["sender"]))
    try:
        assert answer() == ("200 OK", [b"ok\n"])
        assert len(finished) == 1
    finally:
        request_finished.disconnect(note)


def test_what_is_long_goes_piece_by_piece():
    table = StreamingHttpResponse(iter([b"one\n", b"two\n"]))

    told = wsgi._at_once(table)

    assert told is table
    assert not table.closed
