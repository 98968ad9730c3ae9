"""Requests that no browser makes: what a proxy and the server could understand differently, and what is no HTTP."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket

from tests.factories import make_letter
from tests.weather import wire
from tests.weather.corpus import Case
from tests.weather.site import Site
from tests.weather.verdict import Seen

SECOND = b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\nX-Smuggled: yes\r\n\r\n"
FINE = {0, 200, 302, 400, 403, 404, 405, 408, 411, 413, 414, 415, 416, 417, 422, 431, 501, 505}


def run(site: Site, case: Case) -> Seen:
    """What hides in the body of the first request is never answered as a second one."""
    letter = make_letter()
    streams = [everything(site.port, sent) for sent in requests(site, case, letter.slug)]
    statuses = [status for stream in streams for status in status_lines(stream)[:1]]
    is_single = all(b"Sitemap:" not in stream for stream in streams)
    ours = [answer for stream in streams if (answer := first(stream))]
    site.answers += ours
    assert all("evil.example.test" not in answer.text for answer in ours)
    return {
        "outcome": "reject" if {*statuses} <= FINE else sorted({*statuses}),
        "one_answer": is_single,
    }


def requests(site: Site, case: Case, slug: str) -> list[bytes]:
    given = case.input
    if "raws" in given:
        return [each.encode("latin-1") for each in given["raws"]]
    target = given.get("target", f"/letters/{slug}/redeem/")
    method = "GET" if "target" in given else "POST"
    host = [f"Host: localhost:{site.port}"] if given.get("host", "") is not None else []
    lines = [f"{method} {target} HTTP/1.1", *host, f"Content-Type: {wire.FORM}", *given.get("lines", [])]
    body = SECOND
    if "chunks" in given:
        lines, body = [*lines, "Transfer-Encoding: chunked"], given["chunks"].encode() + SECOND
    elif "chunked" in "".join(given.get("lines", [])):
        body = b"0\r\n\r\n" + SECOND
    elif "Content-Length" not in "".join(lines):
        lines, body = [*lines, "Content-Length: 0"], b""
    return ["\r\n".join([*lines, "", ""]).encode("latin-1") + body]


def everything(port: int, sent: bytes) -> bytes:
    """All that comes back until the server hangs up, or has nothing more to say."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), wire.PATIENCE) as line, contextlib.suppress(OSError):
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        while more := line.recv(65536):
            heard += more
    return heard


def status_lines(stream: bytes) -> list[int]:
    return [
        int(line[9:12])
        for line in stream.split(b"\r\n")
        if line.startswith(b"HTTP/1.") and line[9:12].isdigit()
    ] or [0]


class _Kept:
    """As much of a socket as a response reads."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._stream)


def first(stream: bytes) -> wire.Answer | None:
    """The first answer of it, if it is a page of ours and not the server's own word."""
    found = http.client.HTTPResponse(_Kept(stream))  # type: ignore[arg-type]
    try:
        found.begin()
        return wire.Answer(found.status, found.headers, found.read())
    except (http.client.HTTPException, ValueError):
        return None
