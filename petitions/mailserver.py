"""A connection to the mail server that ends in time and keeps its memory, whatever is at the other end.

smtplib alone starts its clock anew with every byte, and goes on as long as the server goes on.
"""

from __future__ import annotations

import re
import smtplib
import socket
import time
from typing import Any

from django.conf import settings
from django.core.mail.utils import DNS_NAME

COMMAND_SECONDS = 30  # for one reply, from its first byte to its last
ANSWER_SECONDS = 600  # RFC 5321, 4.5.3.2.6: ten minutes for the answer to the final dot
CONVERSATION_SECONDS = 640  # for all of it; the task that waits for it is stopped after 660
LARGEST_REPLY = 2**16
PIECE = 2**14  # one record of TLS: each has a time of its own
LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*?))?\r?\n", re.DOTALL)


class Replies:
    """What the server says, one reply after the other."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._unread = b""

    @property
    def are_ahead(self) -> bool:
        """The server has said more than it was asked: its next words answer no question of ours."""
        return bool(self._unread)

    def next(self, until: float) -> tuple[int, bytes]:
        """Code and words. Raises `OSError` for what comes late or never ends, is cut off, or is no reply."""
        words: list[bytes] = []
        room = LARGEST_REPLY
        while True:
            line = self._next_line(until, room)
            room -= len(line)
            found = LINE.fullmatch(line)
            if found is None:
                raise smtplib.SMTPServerDisconnected("no reply of RFC 5321")
            code, goes_on, text = found.groups(b"")
            words.append(text)
            if goes_on != b"-":
                return int(code), b"\n".join(words)

    def close(self) -> None:
        """For smtplib, which closes the line itself."""

    def _next_line(self, until: float, room: int) -> bytes:
        while b"\n" not in self._unread:
            self._line.settimeout(left(until))
            more = self._line.recv(PIECE)
            if not more or len(self._unread) + len(more) > room:
                raise smtplib.SMTPServerDisconnected("cut off, or without an end")
            self._unread += more
        line, end, self._unread = self._unread.partition(b"\n")
        return line + end


class Server(smtplib.SMTP):
    """The mail server of the settings."""

    file: Replies | None  # smtplib drops it where TLS begins, and with it what was said in the clear

    def __init__(self, ends: float, **options: Any) -> None:
        self.ends = ends  # when, by the monotonic clock, everything with this server has to be over
        where = (settings.EMAIL_HOST, settings.EMAIL_PORT, str(DNS_NAME))
        super().__init__(*where, timeout=min(COMMAND_SECONDS, left(ends)), **options)
        if self.sock:  # or the last piece of a mail waits 40 ms until the server has confirmed the one before
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def getreply(self, seconds: float | None = None) -> tuple[int, bytes]:
        """The server's next words. Whoever breaks off in the middle of them is not talked to again."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected
        self.file = self.file or Replies(self.sock)
        try:
            return self.file.next(min(self.ends, time.monotonic() + (seconds or COMMAND_SECONDS)))
        except OSError:
            self.close()
            raise

    def ask(self, *commands: str) -> list[tuple[int, bytes]]:
        """Several commands in one go, and the answer to each: where a server hangs up behind a no, that no."""
        for command in commands:
            if "\r" in command or "\n" in command:
                raise ValueError("a line end inside a command")
        self.send("".join(f"{command}\r\n" for command in commands))
        answers: list[tuple[int, bytes]] = []
        for _command in commands:
            try:
                answers.append(self.getreply())
            except (OSError, smtplib.SMTPException):
                if not (answers and answers[-1][0] >= 400):
                    raise
                answers.append(answers[-1])
        return answers

    def send(self, words: Any) -> None:
        """Piece by piece, so that a server that takes in slowly has no more time than one that speaks slowly."""
        data = words.encode(self.command_encoding) if isinstance(words, str) else words
        for start in range(0, len(data), PIECE):
            if self.sock:
                self.sock.settimeout(left(self.ends))
            super().send(data[start : start + PIECE])


class SealedServer(Server, smtplib.SMTP_SSL):
    """The same by TLS from the first byte."""


def left(until: float) -> float:
    """Seconds, more than none. Raises `TimeoutError`."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
