"""A mail as it goes over the wire: one reader, text and HTML, headers that no value can add to."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, parseaddr
from typing import Any, Self

from django.conf import settings

WIRE = EmailPolicy(linesep="\r\n")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
LONGEST_LINE = 900  # RFC 5322, 2.1.1: 998 with the name of the header
PLAIN = re.compile(r"[\w+-]+(\.[\w+-]+)*@[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII)  # needs no quotes and no code
SHORT = 72  # characters that stand on one line behind the name of the header
WORD = 39  # bytes that, encoded, fit into a line of 76 behind the longest name


class Header(str):
    """A header that goes out as it is written here.

    The library's folding encodes long addresses, loses spaces and quotes around encoded words, and takes what a
    title quotes for an encoded word.
    """

    name: str

    def __new__(cls, name: str, value: str) -> Self:
        header = super().__new__(cls, value)
        header.name = name
        return header

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


@dataclass(frozen=True)
class Message:
    """A mail to one reader."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    sender_name: str = ""
    reply_to: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    attachments: tuple[tuple[str, bytes], ...] = ()

    @property
    def envelope_sender(self) -> str:
        return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]

    def as_email(self) -> EmailMessage:
        """As it goes over the wire, with line ends of SMTP."""
        mail = EmailMessage(policy=WIRE)
        mail["From"] = Header("From", _sender(self.sender_name, self.envelope_sender))
        mail["To"] = _address(self.to)
        mail["Subject"] = Header("Subject", _words(_one_line(self.subject)))
        mail["Date"] = formatdate()
        message_id = f"<{self.message_id}@{self.envelope_sender.rpartition('@')[2]}>"
        for name, value in {"Message-ID": message_id, **self.headers}.items():
            mail[name] = Header(name, _one_line(value))
        if self.reply_to:
            mail["Reply-To"] = _address(self.reply_to)
        mail.set_content(self.text, cte="quoted-printable")
        mail.add_alternative(self.html, subtype="html", cte="quoted-printable")
        for name, content in self.attachments:
            mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        return mail


def to_line(address: str) -> bytes:
    """The header that names the reader, as it stands in their mail."""
    if PLAIN.fullmatch(address) and len(address) <= SHORT:
        return f"To: {address}\r\n".encode()
    name, value = WIRE.header_store_parse("To", _address(address))
    return WIRE.fold_binary(name, value)


def _sender(name: str, address: str) -> str:
    """The name in quotes where it needs them; beyond ASCII encoded, with the address on a line of its own."""
    named, words = _address(address, _one_line(name)), _words(_one_line(name))
    return str(named) if words == named.display_name else f"{words}\r\n <{named.addr_spec}>"


def _address(address: str, name: str = "") -> Address:
    """Django and the forms refuse what does not fit here; this is the last door."""
    username, _at, domain = _one_line(address).rpartition("@")
    return Address(display_name=name, username=username, domain=domain)


def _words(text: str) -> str:
    """A text in a header: as it is, or as the encoded words of RFC 2047, one a line."""
    if text.isascii() and "=?" not in text and len(text) <= LONGEST_LINE:
        return text
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece).decode()}?=" for piece in _pieces(text))


def _pieces(text: str) -> Iterator[bytes]:
    """In UTF-8; no character is cut."""
    piece = b""
    for letter in text:
        if len(piece + letter.encode()) > WORD:
            yield piece
            piece = b""
        piece += letter.encode()
    yield piece


def _one_line(value: str) -> str:
    return CONTROLS.sub(" ", value).strip()
