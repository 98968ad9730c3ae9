"""One mail over SMTP (RFC 5321) in two steps, so that a commit fits between the envelope and the body.

Django's mail back end sends envelope and body in one call, and reports one refused recipient of two as sent.
"""

import re
import smtplib
import ssl
from email.message import EmailMessage

from django.conf import settings

COMMAND_SECONDS = 30
ANSWER_SECONDS = 600  # RFC 5321, 4.5.3.2.6: ten minutes for the answer to the final dot
LINE_START_DOT = re.compile(rb"(?m)^\.")


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

    def __enter__(self) -> "Conversation":
        self._server = _connected()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is None:
            return
        try:
            self._server.quit()
        except (OSError, smtplib.SMTPException):
            self._server.close()

    def offer(self, sender: str, recipient: str) -> None:
        """Envelope and DATA; when this returns the server waits for the body and has been given nothing."""
        server = self._connection()
        server.ehlo_or_helo_if_needed()
        _expect(server.mail(sender), 250)
        _expect(server.rcpt(recipient), 250, 251)
        _expect(server.docmd("DATA"), 354)

    def hand_over(self, message: EmailMessage) -> tuple[int, str]:
        """The body and the final dot; the server's answer once it took the mail."""
        server = self._connection()
        body = LINE_START_DOT.sub(b"..", message.as_bytes())
        server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        if server.sock is not None:
            server.sock.settimeout(ANSWER_SECONDS)
        server.send(b".\r\n")
        return _expect(server.getreply(), 250)

    def _connection(self) -> smtplib.SMTP:
        if self._server is None:
            raise smtplib.SMTPServerDisconnected
        return self._server


def _connected() -> smtplib.SMTP:
    context = ssl.create_default_context()
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    server: smtplib.SMTP
    if settings.EMAIL_SECURITY == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=COMMAND_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=COMMAND_SECONDS)
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
