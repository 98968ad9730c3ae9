"""HTTP/1.1 by hand, so that a case can send what no client library would."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

PATIENCE = 60  # seconds; how fast it has to be is asked of the server's own clock, see `site`
Headers = Sequence[tuple[str, str]]
SECRET = "w" * 32  # in the cookie and in the form, as a page of ours would have put it
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def header(self, name: str) -> str:
        return ", ".join(self.headers.get_all(name, []))

    @property
    def cookies(self) -> dict[str, str]:
        found = SimpleCookie[str]()
        for line in self.headers.get_all("Set-Cookie", []):
            found.load(line)
        return {name: morsel.value for name, morsel in found.items()}


def request(method: str, target: str, headers: Headers, body: bytes = b"") -> bytes:
    """As it goes over the line; neither target nor values are looked at."""
    named = {name.lower() for name, _ in headers}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if "content-length" not in named and "transfer-encoding" not in named:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body


def send(port: int, sent: bytes, *, method: str = "GET", patience: float = PATIENCE) -> Answer | None:
    """The first answer, or None where the server hangs up without one."""
    with socket.create_connection(("127.0.0.1", port), patience) as line:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it answers before it has read all
            line.sendall(sent)
        return read(line, method=method)


def read(line: socket.socket, *, method: str = "GET") -> Answer | None:
    found = http.client.HTTPResponse(line, method=method)
    try:
        found.begin()
        return Answer(found.status, found.headers, found.read())
    except (http.client.BadStatusLine, ConnectionResetError):
        return None


def form(fields: dict[str, Any]) -> bytes:
    """As a browser sends it; half characters too, which a browser never has."""
    return urlencode(fields, doseq=True, encoding="utf-8", errors="surrogatepass").encode()


@dataclass
class Cookies:
    """What a browser keeps; paths are not looked at, since each person visits one letter."""

    kept: dict[str, str] = field(default_factory=lambda: {"csrf": SECRET})

    @property
    def secret(self) -> str:
        """What a page of ours would hide in its form."""
        return self.kept.setdefault("csrf", SECRET)

    def header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.kept.items())

    def take(self, answer: Answer) -> None:
        self.kept.update(answer.cookies)
        self.kept = {name: value for name, value in self.kept.items() if value}
