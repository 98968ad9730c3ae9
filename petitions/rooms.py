"""A recipient's room: the secret of the link that opens it, and the draft that lies in it.

The secret stands in the recipient's mail and nowhere else. It is calculated anew from their row with a key that no
database and no backup holds, so that whoever reads the rows opens no room.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings

from petitions import subscribers
from petitions.crypto import keys, sealing
from petitions.models import Letter, Recipient, ResponseDraft

KEY = "rooms.key"
NUMBER = 5  # bytes of the row's number
TAG = 25  # bytes, 200 bits; with the number 40 characters without padding


class Answer(NamedTuple):
    """To the whole letter, or to the demand with this key. A status may come without words, and words without one."""

    demand: int | None
    status: str
    text: str


def secret(recipient: Recipient) -> str:
    """The same each time, so that a letter that is delivered again opens the same room."""
    return base64.urlsafe_b64encode(recipient.pk.to_bytes(NUMBER) + _tag(recipient)).decode()


def find(typed: str) -> Recipient | None:
    """Whose room it opens: of a letter that was opened, while the recipient's address is kept."""
    try:
        number = int.from_bytes(base64.urlsafe_b64decode(typed.encode())[:NUMBER])
    except binascii.Error:
        return None
    known = Recipient.objects.select_related("letter").exclude(letter__state=Letter.State.DRAFT)
    recipient = known.exclude(address="").filter(pk=number).first()
    if recipient and hmac.compare_digest(typed.encode(), secret(recipient).encode()):
        return recipient
    return None


def sealed(recipient: Recipient, answers: Iterable[Answer]) -> bytes:
    inside = json.dumps([*answers], ensure_ascii=False).encode()
    return sealing.seal(_fields_key(), inside, context=_context(recipient))


def opened(draft: ResponseDraft) -> list[Answer]:
    """Raises `sealing.NotSealedHere`."""
    inside = sealing.unseal(_fields_key(), bytes(draft.sealed), context=_context(draft.recipient))
    return [Answer(*answer) for answer in json.loads(inside)]


def _tag(recipient: Recipient) -> bytes:
    """Of this row of this letter at this address: a row that a restored database numbers alike is another one."""
    parts = ("room", str(recipient.letter.public_id), str(recipient.pk), recipient.address)
    key = keys.read_or_create(settings.KEYS_DIR, KEY)
    return hmac.new(key, "\x00".join(parts).encode(), hashlib.sha256).digest()[:TAG]


def _context(recipient: Recipient) -> str:
    return f"draft:sealed:{recipient.pk}"


def _fields_key() -> bytes:
    return keys.read_or_create(settings.KEYS_DIR, subscribers.KEY)
