"""Authenticated encryption of small values: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce.

The context binds a value to its place: a cookie's name, or a row's model, field and id. A value that was
moved elsewhere does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = b"\x01"
NONCE = 12


class NotSealedHere(Exception):
    """Cut, changed, moved, or sealed under another key."""


def seal(key: bytes, value: bytes, *, context: str) -> bytes:
    """Format byte, nonce, ciphertext with tag: 29 bytes longer than the value."""
    nonce = os.urandom(NONCE)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, value, context.encode())


def unseal(key: bytes, sealed: bytes, *, context: str) -> bytes:
    """The value. Raises `NotSealedHere`."""
    if sealed[:1] != FORMAT or len(sealed) <= 1 + NONCE:
        raise NotSealedHere
    nonce, ciphertext = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, context.encode())
    except InvalidTag:
        raise NotSealedHere from None
