"""age, a public format of files: locked to public keys, opened by whoever holds one of their identities.

X25519 and ChaCha20-Poly1305, piece by piece and each piece authenticated, by the library `pyrage`. The programs `age`
and `rage` read and write the same; see age-encryption.org.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import pyrage
from pyrage.x25519 import Identity, Recipient

BEGINS = b"age-encryption.org/v1\n"
SECRET = "AGE-SECRET-KEY-"  # noqa: S105 - how each identity begins
NOBODY = "No matching keys found"  # what the library says then, and in no other case


class NotForThem(Exception):
    """None of the identities opens it."""


class Damaged(Exception):
    """It was cut off or changed. What was read of it until then proves nothing."""


class NoIdentity(Exception):
    """The text holds none."""


def new_identity() -> tuple[str, str]:
    """The identity to keep, and its public key."""
    identity = Identity.generate()
    return str(identity), str(identity.to_public())


def identities(text: str) -> list[Identity]:
    """Those of a file as `age-keygen` writes it, with its comments. Raises `NoIdentity`."""
    lines = [line.strip() for line in text.splitlines()]
    try:
        found = [Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        raise NoIdentity from None
    if not found:
        raise NoIdentity
    return found


def lock(source: BinaryIO, target: BinaryIO, public_keys: Sequence[str]) -> None:
    """To each of the keys, in little memory. Raises what the streams raise."""
    streams = _Stream(source), _Stream(target)
    try:
        pyrage.encrypt_io(*streams, [Recipient.from_str(key) for key in public_keys])
    except (pyrage.EncryptError, OSError):
        _raise_first(streams)
        raise


def open_with(identities: Sequence[Identity], source: BinaryIO, target: BinaryIO) -> None:
    """Until it returns, nothing of what was written is to be believed. Raises `NotForThem`, `Damaged`."""
    streams = _Stream(source), _Stream(target)
    try:
        pyrage.decrypt_io(*streams, identities)
    except (pyrage.DecryptError, OSError) as error:
        _raise_first(streams)
        raise (NotForThem if str(error) == NOBODY else Damaged) from None


class _Stream:
    """Keeps what went wrong, also that somebody stopped it: the library makes words of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self.stream.read(size)
        except BaseException as failure:
            self.failure = failure
            raise

    def write(self, data: bytes) -> int:
        try:
            return self.stream.write(data)
        except BaseException as failure:
            self.failure = failure
            raise

    def flush(self) -> None:
        self.stream.flush()


def _raise_first(streams: Sequence[_Stream]) -> None:
    for stream in streams:
        if stream.failure:
            raise stream.failure from None
