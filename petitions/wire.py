"""A mail as it goes over the wire: one reader, text and HTML, headers that no value can add to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, parseaddr
from typing import Any

from django.conf import settings


class Wire(EmailPolicy):
    """Mail as it goes over the wire. A long address in a header stays whole: folding would encode it."""

    WHOLE = frozenset({"list-unsubscribe", "message-id"})

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in self.WHOLE:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


WIRE = Wire(linesep="\r\n")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


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
        mail["From"] = _address(self.sender_name, self.envelope_sender)
        mail["To"] = _address("", self.to)
        mail["Subject"] = _one_line(self.subject)
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{self.message_id}@{self.envelope_sender.rpartition('@')[2]}>"
        if self.reply_to:
            mail["Reply-To"] = _address("", self.reply_to)
        for name, value in self.headers.items():
            mail[name] = value
        mail.set_content(self.text, cte="quoted-printable")
        mail.add_alternative(self.html, subtype="html", cte="quoted-printable")
        for name, content in self.attachments:
            mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        return mail


def _address(name: str, address: str) -> Address:
    """Django and the forms refuse what does not fit here; this is the last door."""
    username, _at, domain = _one_line(address).rpartition("@")
    return Address(display_name=_one_line(name), username=username, domain=domain)


def _one_line(value: str) -> str:
    return " ".join(CONTROLS.sub(" ", value).split())
