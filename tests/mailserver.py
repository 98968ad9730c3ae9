"""A real SMTP server that keeps what it gets and can be waited for."""

from __future__ import annotations

import asyncio
import contextlib
import email
import re
import secrets
import socket
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

PORTS = range(12_000, 32_000)
CODE = re.compile(r"^([0-9A-Z]{4}-[0-9A-Z]{4})\s*$", re.MULTILINE)


def free_port() -> int:
    """One that nobody listens on, of those that no system gives out to whoever asks for any."""
    while True:
        port = secrets.choice(PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class MailServer:
    """`refusals` maps an address to the replies that RCPT gives to it, one after the other.

    `pauses` are the seconds that it takes before and after it keeps a mail.
    """

    def __init__(self, port: int | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self._servers: list[SMTP] = []
        self.refusals: dict[str, list[str]] = {}
        self.pauses = (0.0, 0.0)
        self._arrived = threading.Condition()
        self.port = port or free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def clear(self) -> None:
        self.mails.clear()
        self.refusals.clear()
        self.pauses = (0.0, 0.0)

    def hang_up(self) -> None:
        """Close every line, as a server does that was restarted."""
        for server in self._servers:
            if server.transport is not None:
                self._controller.loop.call_soon_threadsafe(server.transport.close)
        self._servers.clear()

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in list(self.mails) if mail["X-Envelope-To"] == address]

    def wait(self, condition: Callable[[], Any], seconds: float = 60) -> Any:
        """What the condition gives once it is true. Raises `AssertionError` when it stays false."""
        with self._arrived:
            result = self._arrived.wait_for(condition, seconds)
        assert result, f"no such mail among {[mail['Subject'] for mail in self.mails]}"
        return result

    def code(self, address: str, *, number: int = 1) -> str:
        """The code of the address's nth mail."""
        return self.code_in(self.wait(lambda: self.to(address)[number - 1 :])[0])

    @staticmethod
    def code_in(mail: EmailMessage) -> str:
        found = CODE.search(mail.get_body(("plain",)).get_content())
        assert found
        return found[1]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        replies = self.refusals.get(address)
        if replies:
            return replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self._servers.append(server)
        before, after = self.pauses
        await asyncio.sleep(before)
        self._keep(content, session, envelope)
        await asyncio.sleep(after)
        return "250 OK"

    def _keep(self, content: bytes, session: Session, envelope: Envelope) -> None:
        with self._arrived:
            for address in envelope.rcpt_tos:
                mail = email.message_from_bytes(content, policy=default)
                mail["X-Envelope-To"] = address
                mail["X-Peer-Port"] = str(session.peer[1])
                mail["X-Helo"] = session.host_name
                self.mails.append(mail)
            self._arrived.notify_all()
