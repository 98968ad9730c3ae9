"""Tokens: the lines of text by which a signature is counted without its signer. `docs/sealed.md` has the whole story.

A *token* is one line of ASCII and is itself the message that is signed, byte by byte. A *key line* is what a letter
shows to whoever wants one. Bytes in text are base64url without padding (RFC 4648, 5); hashes are SHA-256 in 64
lower-case hexadecimal digits. Each value has one spelling, and another one is refused.
"""

import base64
import re
from dataclasses import dataclass
from typing import Self

from petitions.crypto import typed

TOKEN = re.compile(r"undersigned1\.([-\w]{1,80})\.([0-9a-f]{64})\.([0-9a-f]{64})\.([0-9a-f]{64})", re.ASCII)


class NotAToken(Exception):
    """Not a token, or not spelled as it was made."""


class NotBase64(Exception):
    """Not base64url, or not spelled as `to_text` spells it."""


@dataclass(frozen=True)
class Token:
    """The right to be counted once, under one letter's version, by one key."""

    letter: str  # the slug, which never changes
    version: str  # hash of the text and demands that are signed
    key_id: str  # hash of the public key that signs
    number: str  # hash of the receipt: unique, public once counted, withdrawn by whoever shows the receipt

    @classmethod
    def parse(cls, line: str) -> Self:
        """What was pasted, white space around it forgiven. Raises `NotAToken`."""
        match = TOKEN.fullmatch(line.strip())
        if not match:
            raise NotAToken
        return cls(*match.groups())

    def __str__(self) -> str:
        return f"undersigned1.{self.letter}.{self.version}.{self.key_id}.{self.number}"

    def message(self) -> bytes:
        """The bytes under the signature."""
        return str(self).encode("ascii")


def number(receipt: str) -> str:
    """The token number of a receipt in its canonical form (28 characters, no dashes)."""
    return typed.digest(receipt).hex()


def key_line(letter: str, version: str, spki: bytes) -> str:
    """All that is needed to make a token, for a page to show: `undersigned1-key.<slug>.<version>.<public key>`."""
    return f"undersigned1-key.{letter}.{version}.{to_text(spki)}"


def to_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def from_text(text: str) -> bytes:
    """The bytes. White space is forgiven anywhere, since people paste. Raises `NotBase64`."""
    plain = "".join(text.split())
    try:
        data = base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except ValueError:
        raise NotBase64 from None
    if to_text(data) != plain:
        raise NotBase64
    return data
