"""One mail over SMTP (RFC 5321) in two steps, so that a commit fits between the envelope and the body.

Django's mail back end sends envelope and body in one call, and reports one refused recipient of two as sent.
"""

from __future__ import annotations

import binascii
import re
import smtplib
import ssl
import time

import structlog
from django.conf import settings

from petitions import mailserver
from petitions.mailserver import SealedServer, Server
from petitions.wire import PLAIN

LOG_IN_FIRST = frozenset({503, 530, 534, 535, 538})  # RFC 4954, 6: whoever has not may hear them at any step
LONGEST_WORDS = 1000
LINE_START_DOT = re.compile(rb"(?m)^\.")

log = structlog.stdlib.get_logger(__name__)


class Answered(Exception):
    """The server said no. `code` is the reply code of RFC 5321, `text` its words on one line.

    What is about us (our line, our address, our password) is never final: it would be the same for every reader,
    says nothing of this one, and is over when an operator has put it right.
    """

    def __init__(self, code: int, text: str, *, is_about_us: bool = False) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text
        self.is_final = code >= 500 and code not in LOG_IN_FIRST and not is_about_us


class Conversation:
    """A connection, used for one mail, or kept for one after the other.

    Every method raises `Answered`, `OSError` or `smtplib.SMTPException`.
    """

    def __init__(self) -> None:
        self._server: Server | None = None
        self.is_in_data = False  # DATA has begun and is not answered: the body may be out

    def __enter__(self) -> Conversation:
        self.open(seconds=mailserver.CONVERSATION_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, *, seconds: float) -> None:
        """Connect; all of it has so long."""
        try:
            self._server = _connected(time.monotonic() + seconds)
        except smtplib.SMTPAuthenticationError:
            raise  # without the server's words, which may repeat the password
        except smtplib.SMTPResponseException as no:
            raise Answered(no.smtp_code, _words(no.smtp_error), is_about_us=True) from None

    @property
    def is_let_in(self) -> bool:
        """Whether the server, gone or not, once greeted it and took who it is."""
        return self._server is not None

    def prolong(self, *, seconds: float) -> None:
        """From now on it has so long again: for one more mail, or for goodbye."""
        self._connection().ends = time.monotonic() + seconds

    def start_over(self) -> None:
        """Take back an envelope that the server refused a part of, so that the next one can begin."""
        _expect(2, self._connection().rset(), is_about_us=True)

    def close(self) -> None:
        """Say goodbye, save inside DATA, where every word would be taken for the mail's."""
        if self._server is None:
            return
        try:
            if not self.is_in_data:
                self._server.quit()
        except (OSError, smtplib.SMTPException):
            log.info("The mail server was gone before goodbye.")
        finally:
            self._server.close()

    def offer(self, sender: str, recipient: str) -> None:
        """Envelope and DATA; when this returns the server waits for the body and has been given nothing."""
        server = self._connection()
        if server.has_extn("pipelining"):
            self._offer_in_one_go(server, sender, recipient)
        else:
            _expect(2, server.mail(sender), is_about_us=True)
            _expect(2, server.rcpt(recipient))
            _expect(3, server.docmd("DATA"))
        self.is_in_data = True
        if server.file and server.file.are_ahead:  # what looks like the answer to the body came before it
            raise smtplib.SMTPException("out of step")

    def _offer_in_one_go(self, server: Server, sender: str, recipient: str) -> None:
        """RFC 2920: each command has its answer, and the body waits for the last. So nothing is given before it."""
        envelope = f"FROM:{_bracketed(sender)}", f"TO:{_bracketed(recipient)}"
        to_mail, to_recipient, to_data = server.ask(f"MAIL {envelope[0]}", f"RCPT {envelope[1]}", "DATA")
        self.is_in_data = to_data[0] // 100 == 3  # also where a server lets one without a reader begin
        _expect(2, to_mail, is_about_us=True)
        _expect(2, to_recipient)
        _expect(3, to_data)

    def hand_over(self, body: bytes) -> tuple[int, str]:
        """The body and the final dot; the server's answer once it took the mail."""
        server = self._connection()
        quoted = LINE_START_DOT.sub(b"..", body)
        server.send(quoted + (b".\r\n" if quoted.endswith(b"\r\n") else b"\r\n.\r\n"))
        answer = server.getreply(mailserver.ANSWER_SECONDS)
        self.is_in_data = False
        return _expect(2, answer)

    def _connection(self) -> Server:
        if self._server is None:
            raise smtplib.SMTPServerDisconnected
        return self._server


class KeptConversation:
    """A connection that is kept from one mail to the next, and made anew when it is gone. All of it has so long."""

    CLOSING = 421  # RFC 5321, 3.8: a server may say so at any step, also because it takes no more in one go

    def __init__(self, *, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._kept: Conversation | None = None

    def offer(self, sender: str, recipient: str) -> Conversation:
        """The connection that waits for the body."""
        if self._kept and self._kept.is_in_data:  # somebody changed their mind: no word would be understood
            self.close()
        if self._kept:
            try:
                return self._offered(self._kept, sender, recipient)
            except (OSError, smtplib.SMTPException):
                self.close()  # it was gone
            except Answered as no:
                if no.code != self.CLOSING:
                    raise
        fresh = Conversation()
        fresh.open(seconds=mailserver.left(self._ends))
        self._kept = fresh
        return self._offered(fresh, sender, recipient)

    def close(self) -> None:
        if self._kept:
            self._kept.close()
        self._kept = None

    def _offered(self, conversation: Conversation, sender: str, recipient: str) -> Conversation:
        try:
            conversation.offer(sender, recipient)
        except Answered as no:
            self._go_on_after(no)
            raise
        return conversation

    def _go_on_after(self, no: Answered) -> None:
        """With the next mail, if the server will have it."""
        assert self._kept
        try:
            if no.code == self.CLOSING or self._kept.is_in_data:
                self.close()
            else:
                self._kept.start_over()
        except (Answered, OSError, smtplib.SMTPException):
            self.close()


def _connected(ends: float) -> Server:
    """Greeted and, where the settings say so, encrypted and logged in."""
    is_sealed = settings.EMAIL_SECURITY == "tls"
    server = SealedServer(ends, context=ssl.create_default_context()) if is_sealed else Server(ends)
    try:
        _introduce(server)
    except BaseException:
        server.close()
        raise
    return server


def _introduce(server: Server) -> None:
    if settings.EMAIL_SECURITY == "starttls":
        server.starttls(context=ssl.create_default_context())
    server.ehlo_or_helo_if_needed()
    if settings.EMAIL_HOST_USER:
        try:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        except binascii.Error as error:
            raise smtplib.SMTPException("a challenge that is none") from error


def _bracketed(address: str) -> str:
    """As an envelope takes it. smtplib takes any apart first: half of all calls of a mail with a code."""
    return f"<{address}>" if PLAIN.fullmatch(address) else smtplib.quoteaddr(address)


def _expect(kind: int, reply: tuple[int, bytes], *, is_about_us: bool = False) -> tuple[int, str]:
    """The reply, when it is of this kind: its first digit is what a client has to go by (RFC 5321, 4.2)."""
    code, words = reply[0], _words(reply[1])
    if code // 100 == kind:
        return code, words
    if code >= 400:
        raise Answered(code, words, is_about_us=is_about_us)
    raise smtplib.SMTPException("out of step")  # neither yes nor no


def _words(text: bytes | str) -> str:
    """What can be shown of a server's words: bounded, one line, nothing that controls, hides or turns around."""
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = "".join(letter if letter.isprintable() else " " for letter in told[:LONGEST_WORDS])
    return " ".join(shown.split())
