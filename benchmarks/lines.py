"""One kept connection, as browsers have, without what Python's own client costs."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlencode

PATIENCE = 60  # seconds for one answer
COOKIE = re.compile(rb"(?im)^set-cookie: *([^=;]+)=([^;\r]*)")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
PLACE = re.compile(rb"(?im)^location: *(\S+)")
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


@dataclass(frozen=True)
class Answer:
    """Status 0: none came."""

    status: int = 0
    head: bytes = b""
    body: bytes = b""
    seconds: float = 0.0

    @property
    def place(self) -> str:
        found = PLACE.search(self.head)
        return found[1].decode() if found else ""


class Line:
    """Keeps its connection; `forget` makes it somebody else's, with no cookie and another network address."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self.cookies: dict[str, str] = {}
        self.forwarded = "10.0.0.1"

    def forget(self, number: int) -> None:
        self.cookies = {}
        self.forwarded = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def get(self, path: str) -> Answer:
        return self._answer(f"GET {path}", "")

    def post(self, path: str, *, accept: str = "text/html", **fields: str) -> Answer:
        body = urlencode({"csrfmiddlewaretoken": self.cookies.get("csrf", ""), **fields})
        return self._answer(
            f"POST {path}", body, f"{FORM}Content-Length: {len(body)}\r\nAccept: {accept}\r\n"
        )

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None

    def _answer(self, start: str, body: str, headers: str = "") -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers += f"Cookie: {cookies}\r\n" if cookies else ""
        words = (
            f"{start} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {self.forwarded}\r\n{headers}\r\n{body}"
        )
        began = time.perf_counter()
        try:
            status, head, content = self._exchanged(words.encode())
        except OSError:
            self.close()
            return Answer(seconds=time.perf_counter() - began)
        for name, value in COOKIE.findall(head):
            self.cookies[name.decode()] = value.decode()
        return Answer(status, head, content, time.perf_counter() - began)

    def _exchanged(self, words: bytes) -> tuple[int, bytes, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(words)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _end, content = received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        while len(content) < (int(length[1]) if length else 0):
            content += self._more()
        return int(head[9:12]), head, content

    def _more(self) -> bytes:
        assert self._socket
        piece = self._socket.recv(1 << 16)
        if not piece:
            raise ConnectionResetError
        return piece
