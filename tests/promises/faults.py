"""A mail server that keeps to a script: it speaks SMTP up to the step at which it is told to misbehave."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from typing import Self

A_BIT = 0.05  # seconds between two bytes of one who drips


class Gone(Exception):
    """This line is over."""


class Talk:
    """One connection, as the server sees it."""

    def __init__(self, line: socket.socket, server: FaultyServer) -> None:
        self.line, self.server = line, server
        self._heard = b""

    def say(self, words: str | bytes) -> None:
        self.line.sendall(words if isinstance(words, bytes) else words.encode() + b"\r\n")

    def hear(self) -> bytes:
        """The next line of the client."""
        while b"\n" not in self._heard:
            more = self.line.recv(65536)
            if not more:
                raise Gone
            self._heard += more
        line, end, self._heard = self._heard.partition(b"\n")
        return line + end

    def encrypt(self) -> None:
        assert self.server.context
        self.line = self.server.context.wrap_socket(self.line, server_side=True)


Step = Callable[[Talk], None]
Script = Mapping[str, Step]


class FaultyServer:
    """`script` maps a step to what happens there: connect, a command's verb, body (the first line of it), dot."""

    def __init__(
        self, script: Script, *, offers: tuple[str, ...] = (), context: ssl.SSLContext | None = None
    ) -> None:
        self.script, self.offers, self.context = script, offers, context
        self.is_sealed = False  # TLS from the first byte
        self.heard: list[str] = []
        self.taken: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def heal(self) -> None:
        self.script = {}

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=[line], daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        talk = Talk(line, self)
        with contextlib.suppress(Gone, OSError):
            if self.is_sealed:
                talk.encrypt()
            self._do("connect", talk)
            while True:
                verb = talk.hear().split()[0].decode().upper()
                self.heard.append(verb)
                self._do(verb, talk)
        talk.line.close()

    def _do(self, step: str, talk: Talk) -> None:
        self.script.get(step, NORMAL.get(step, says("500 what?")))(talk)

    def take_body(self, talk: Talk) -> None:
        talk.say("354 go")
        body = talk.hear()
        if "body" in self.script:
            self._do("body", talk)
        while not body.endswith(b"\r\n.\r\n"):
            body += talk.hear()
        self.taken.append(body)
        self._do("dot", talk)


def says(*lines: str | bytes) -> Step:
    """As one packet."""

    def step(talk: Talk) -> None:
        talk.say(b"".join(line if isinstance(line, bytes) else line.encode() + b"\r\n" for line in lines))

    return step


def refuses(line: str | bytes) -> Step:
    """At the dot: what was handed over is thrown away."""

    def step(talk: Talk) -> None:
        talk.server.taken.pop()
        says(line)(talk)

    return step


def in_turn(*steps: Step) -> Step:
    def step(talk: Talk) -> None:
        for each in steps:
            each(talk)

    return step


def takes_its_time(seconds: float) -> Step:
    def step(talk: Talk) -> None:
        talk.server.over.wait(seconds)

    return step


def hangs(talk: Talk) -> None:
    talk.server.over.wait()
    raise Gone


def drops(talk: Talk) -> None:
    raise Gone


def resets(talk: Talk) -> None:
    """Not closed: torn off, as by a machine that fell."""
    talk.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Gone


def drips(reply: str) -> Step:
    """A reply that is always about to come."""

    def step(talk: Talk) -> None:
        talk.say(reply.encode() + b"-")
        while not talk.server.over.wait(A_BIT):
            talk.say(b"x")

    return step


def never_ends(line: bytes) -> Step:
    def step(talk: Talk) -> None:
        while not talk.server.over.is_set():
            talk.say(line * 100)

    return step


ENDLESS = never_ends(b"250-and another thing\r\n")
HUGE = never_ends(b"x" * 80)


def starts_tls(talk: Talk) -> None:
    talk.say("220 go")
    talk.encrypt()


def introduces_itself(talk: Talk) -> None:
    lines = ["hello", *talk.server.offers, "SIZE 100000000"]
    says(*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")(talk)


def says_goodbye(talk: Talk) -> None:
    talk.say("221 bye")
    raise Gone


NORMAL: Script = {
    "connect": says("220 hello"),
    "EHLO": introduces_itself,
    "HELO": says("250 hello"),
    "STARTTLS": starts_tls,
    "AUTH": says("235 welcome"),
    "MAIL": says("250 ok"),
    "RCPT": says("250 ok"),
    "DATA": lambda talk: talk.server.take_body(talk),
    "dot": says("250 taken"),
    "QUIT": says_goodbye,
}
