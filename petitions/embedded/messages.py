"""A mail as the mailbox shows it, read from the bytes that came over SMTP."""

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from typing import Any


@dataclass(frozen=True)
class Attachment:
    filename: str
    content_type: str
    content: bytes

    def summary(self) -> dict[str, Any]:
        return {"filename": self.filename, "content_type": self.content_type, "size": len(self.content)}

    def whole(self) -> dict[str, Any]:
        return self.summary() | {"content": b64encode(self.content).decode()}


@dataclass(frozen=True)
class Mail:
    key: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    received: str
    attachments: tuple[Attachment, ...]

    def summary(self) -> dict[str, Any]:
        return self._fields([attachment.summary() for attachment in self.attachments])

    def whole(self) -> dict[str, Any]:
        return self._fields([attachment.whole() for attachment in self.attachments])

    def _fields(self, attachments: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "key": self.key,
            "to": self.to,
            "from": self.sender,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "received": self.received,
            "attachments": attachments,
        }


def read(to: str, content: bytes) -> Mail:
    """`to` is the envelope's recipient: whom the mail really went to."""
    message = message_from_bytes(content, policy=policy.default)
    return Mail(
        key=secrets.token_hex(8),
        to=to,
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        received=datetime.now(UTC).isoformat(timespec="milliseconds"),
        attachments=tuple(_attachment(part) for part in message.iter_attachments()),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else _decoded(part).replace("\r\n", "\n")


def _decoded(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except LookupError:  # a charset that Python does not know
        return _bytes(part).decode("ascii", "replace")


def _attachment(part: MIMEPart) -> Attachment:
    return Attachment(part.get_filename() or "unnamed", part.get_content_type(), _bytes(part))


def _bytes(part: MIMEPart) -> bytes:
    """Empty for a part made of parts, such as a forwarded mail."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
