"""One mail over SMTP (RFC 5321) in two steps, so that a commit fits between the envelope and the body.

Django's mail back end sends envelope and body in one call, and reports one refused recipient of two as sent.
"""

from __future__ import annotations

import logging
import re
import smtplib
import ssl

from django.conf import settings
from django.core.mail.utils import DNS_NAME

COMMAND_SECONDS = 30
ANSWER_SECONDS = 600  # RFC 5321, 4.5.3.2.6: ten minutes for the answer to the final dot
LINE_START_DOT = re.compile(rb"(?m)^\.")

log = logging.getLogger(__name__)


class Answered(Exception):
    """The server said no. `code` is the reply code of RFC 5321, `text` its words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text

    @property
    def is_final(self) -> bool:
        return self.code >= 500


class Conversation:
    """A connection for one mail. Every method raises `Answered`, `OSError` or `smtplib.SMTPException`."""

    def __init__(self) -> None:
        self._server: smtplib.SMTP | None = None
        self._is_in_data = False

    def __enter__(self) -> Conversation:
        self._server = _connected()
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye, save inside DATA, where every word would be taken for the mail's."""
        if self._server is None:
            return
        try:
            if not self._is_in_data:
                self._server.quit()
        except (OSError, smtplib.SMTPException):
            log.info("The mail server was gone before goodbye.")
        finally:
            self._server.close()

    def offer(self, sender: str, recipient: str) -> None:
        """Envelope and DATA; when this returns the server waits for the body and has been given nothing."""
        server = self._connection()
        server.ehlo_or_helo_if_needed()
        _expect(server.mail(sender), 250)
        _expect(server.rcpt(recipient), 250, 251)
        _expect(server.docmd("DATA"), 354)
        self._is_in_data = True

    def hand_over(self, body: bytes) -> tuple[int, str]:
        """The body and the final dot; the server's answer once it took the mail."""
        server = self._connection()
        self._wait_at_most(ANSWER_SECONDS)
        quoted = LINE_START_DOT.sub(b"..", body)
        server.send(quoted if quoted.endswith(b"\r\n") else quoted + b"\r\n")
        server.send(b".\r\n")
        answer = server.getreply()
        self._is_in_data = False
        self._wait_at_most(COMMAND_SECONDS)
        return _expect(answer, 250)

    def _wait_at_most(self, seconds: float) -> None:
        socket = self._connection().sock
        if socket is not None:
            socket.settimeout(seconds)

    def _connection(self) -> smtplib.SMTP:
        if self._server is None:
            raise smtplib.SMTPServerDisconnected
        return self._server


def _connected() -> smtplib.SMTP:
    context = ssl.create_default_context()
    host, port, name = settings.EMAIL_HOST, settings.EMAIL_PORT, str(DNS_NAME)
    server: smtplib.SMTP
    if settings.EMAIL_SECURITY == "tls":
        server = smtplib.SMTP_SSL(host, port, name, timeout=COMMAND_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, name, timeout=COMMAND_SECONDS)
    try:
        if settings.EMAIL_SECURITY == "starttls":
            server.starttls(context=context)
        if settings.EMAIL_HOST_USER:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server


def _expect(reply: tuple[int, bytes], *accepted: int) -> tuple[int, str]:
    code, text = reply
    words = text.decode("utf-8", "replace")
    if code == -1:
        raise smtplib.SMTPServerDisconnected
    if code not in accepted:
        raise Answered(code, words)
    return code, words
