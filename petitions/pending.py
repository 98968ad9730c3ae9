"""What somebody asked for, until their code is typed: sealed in their browser's cookie, stored nowhere else."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from petitions.crypto import keys, sealing
from petitions.models import Appear, Letter
from petitions.models.words import public_line
from petitions.recent import recent

MAX_AGE = 60 * 60  # seconds; longer than a code lives, so that an expired code loses nothing typed
LARGEST = 4_000  # bytes; browsers drop larger cookies
KEY = "cookies.key"


class NothingPending(Exception):
    """This browser asked for nothing, or its cookie is cut, changed, foreign or too old."""


@dataclass(frozen=True)
class Pending:
    """One request for a code. `code_hash`, `mark` and `challenge` are hexadecimal."""

    purpose: str
    challenge: str
    code_hash: str
    mark: str
    receipt: str
    address: str
    ignores_dots: bool = False
    appear: str = Appear.ANONYMOUS
    name: str = ""
    role: str = ""
    statement: str = ""
    version: str = ""  # hash of the text that was read, where a text is signed

    @property
    def is_anonymous(self) -> bool:
        return self.appear == Appear.ANONYMOUS

    @property
    def public_line(self) -> str:
        """Exactly what will be shown."""
        return public_line(self.name, self.role) if not self.is_anonymous else ""


def seal(letter: Letter, pending: Pending) -> str:
    """The cookie's value: at most `LARGEST` bytes, opens for this letter and purpose only."""
    text = json.dumps(list(vars(pending).values()), ensure_ascii=False, separators=(",", ":"))
    sealed = sealing.seal(_key(settings.KEYS_DIR), text.encode(), context=_context(letter, pending.purpose))
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(letter: Letter, purpose: str, cookie: str | None) -> Pending:
    """Raises `NothingPending`."""
    if not cookie or len(cookie) > LARGEST:
        raise NothingPending
    try:
        sealed = base64.urlsafe_b64decode(cookie.encode() + b"=" * (-len(cookie) % 4))
        text = sealing.unseal(_key(settings.KEYS_DIR), sealed, context=_context(letter, purpose))
    except (sealing.NotSealedHere, binascii.Error, UnicodeEncodeError):
        raise NothingPending from None
    return Pending(*json.loads(text))


def cookie_name(purpose: str) -> str:
    return f"__Secure-{purpose}" if settings.IS_HTTPS else purpose


def _context(letter: Letter, purpose: str) -> str:
    return f"cookie:{purpose}:{letter.public_id}"


@recent
def _key(folder: Path) -> bytes:
    """The site's, for as long as there is a site: unlike a letter's it is destroyed by nobody."""
    return keys.read_or_create(folder, KEY)
