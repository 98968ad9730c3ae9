"""A secret in every form in which somebody might have kept it, and where it turns up."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping

HASHES = ("md5", "sha1", "sha256", "sha384", "sha512")
HEAD = 8  # bytes that are looked for first, at every place at once


def forms(secret: str) -> dict[str, bytes]:
    """By name: as text in each spelling, and as hash."""
    found: dict[str, bytes] = {}
    for case, text in {"typed": secret, "lower": secret.lower(), "upper": secret.upper()}.items():
        found |= {f"{name}, {case}": form for name, form in _spelled(text)}
        found |= {f"{name}, {case}": form for name, form in _hashed(text.encode())}
    return found


def _spelled(text: str) -> Iterator[tuple[str, bytes]]:
    data = text.encode()
    yield "plain", data
    yield "for URLs", urllib.parse.quote(text, safe="").encode()
    yield "for URLs, small", urllib.parse.quote(text, safe="").replace("%3A", "%3a").lower().encode()
    yield "for HTML", html.escape(text).encode()
    yield "for JSON", json.dumps(text)[1:-1].encode()
    yield "quoted-printable", "".join(f"={byte:02X}" for byte in data).encode()
    yield "hex", data.hex().encode()
    yield "HEX", data.hex().upper().encode()
    yield "UTF-16", text.encode("utf-16-le")
    yield "UTF-16, big-endian", text.encode("utf-16-be")
    for offset in range(3):
        yield f"base64 at {offset}", _inside_base64(base64.b64encode(bytes(offset) + data), offset, len(data))
        yield (
            f"base64url at {offset}",
            _inside_base64(base64.urlsafe_b64encode(bytes(offset) + data), offset, len(data)),
        )


def _inside_base64(encoded: bytes, offset: int, length: int) -> bytes:
    """The letters that depend on nothing before or after."""
    return encoded[-(-offset * 8 // 6) : (offset + length) * 8 // 6]


def _hashed(data: bytes) -> Iterator[tuple[str, bytes]]:
    for name in HASHES:
        digest = hashlib.new(name, data).digest()
        yield name, digest
        yield f"{name} in hex", digest.hex().encode()
        yield f"{name} in HEX", digest.hex().upper().encode()
        yield f"{name} in base64", base64.b64encode(digest).rstrip(b"=")
        yield f"{name} in base64url", base64.urlsafe_b64encode(digest).rstrip(b"=")


class Needles:
    """Looks for thousands of forms in one pass: their first bytes are numbers, and numbers are quickly compared."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = {
            form: f"{secret}: {name}" for secret in secrets for name, form in forms(secret).items()
        }
        assert min(map(len, self._forms)) >= HEAD
        self._heads = {int.from_bytes(form[:HEAD], "little") for form in self._forms}

    def in_one(self, hay: bytes) -> set[str]:
        """The forms that stand there."""
        heads: set[int] = set()
        for start in range(min(HEAD, len(hay))):
            length = (len(hay) - start) // HEAD * HEAD
            heads |= self._heads.intersection(memoryview(hay)[start : start + length].cast("Q"))
        likely = {form for form in self._forms if int.from_bytes(form[:HEAD], "little") in heads}
        return {self._forms[form] for form in likely if form in hay}

    def all(self) -> set[str]:
        return set(self._forms.values())

    def among(self, evidence: Mapping[str, bytes]) -> dict[str, set[str]]:
        """What was found, by where."""
        found = {where: self.in_one(hay) for where, hay in evidence.items()}
        return {where: what for where, what in found.items() if what}
