"""Where the next page begins: the place of the last row, sealed, so that a link tells no id and no time of signing.

AES-SIV (RFC 5297) makes the same cursor of the same place each time: a cache may keep the pages behind it.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.utils.crypto import salted_hmac

LONGEST = 200  # characters; ours have about a hundred


class NotACursor(Exception):
    """Cut, changed, made up, or of another list."""


def seal(key: str, moment: datetime, pk: object) -> str:
    """`key` names the list: the cursor opens for no other one."""
    place = json.dumps([moment.isoformat(), str(pk)]).encode()
    return base64.urlsafe_b64encode(_cipher().encrypt(place, [key.encode()])).rstrip(b"=").decode()


def unseal(key: str, cursor: str) -> tuple[datetime, str]:
    """The moment and the key of the last row. Raises `NotACursor`."""
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        moment, pk = json.loads(_cipher().decrypt(sealed, [key.encode()]))
    except (binascii.Error, InvalidTag):
        raise NotACursor from None
    return datetime.fromisoformat(moment), pk


def _cipher() -> AESSIV:
    return AESSIV(salted_hmac("petitions.api.cursors", "key", algorithm="sha512").digest())
