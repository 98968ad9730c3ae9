"""Cases of bad input: those of the corpus, and ours in the same form for the surfaces that it lacks."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CORPUS = json.loads((Path(__file__).parent.parent / "data" / "bad_inputs.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Case:
    id: str
    surface: str
    why: str
    input: Mapping[str, Any] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)
    given: str = ""

    def __str__(self) -> str:
        return self.id

    @property
    def statuses(self) -> set[int]:
        """Those that it allows. A form shown again with its error is our 422, where others say 200 or 400."""
        listed = self.expect.get("status", [])
        given = {listed} if isinstance(listed, int) else set(listed)
        is_refused = "reject" in self.expect.get("outcome", "").split("_or_")
        return given | ({422} if is_refused and given & {200, 400} else set())


OF_THE_CORPUS = [
    Case(*(case[name] for name in ("id", "surface", "why", "input", "expect")), case.get("given", ""))
    for case in CORPUS["cases"]
]


def built(given: Mapping[str, Any]) -> str:
    """The text that a piece of input stands for."""
    if "concat" in given:
        return "".join(map(built, given["concat"]))
    if given.get("gen") == "repeat":
        return str(given["prefix"] + given["unit"] * given["times"] + given["suffix"])
    return str(given["text"])


def pasted(given: Mapping[str, Any]) -> list[bytes]:
    """Files of an import, as bytes: here they are pasted, whatever their bytes are."""
    if "variants" in given:
        return [text.encode() for text in given["variants"]]
    if "b64" in given:
        return [base64.b64decode(given["b64"])]
    if given.get("gen") == "csv":
        return [_lines(given["rows"], given.get("bad_line", 0))]
    return [built(given).encode()]


def _lines(rows: int, bad: int) -> bytes:
    """`bad` is the number of the line in the file, its header being the first."""
    lines = (
        f"Ada No{letters_of(line)},{'no address' if line == bad else f'ada{line}@example.test'}"
        for line in range(2, rows + 2)
    )
    return "\n".join(["name,email", *lines, ""]).encode()


def letters_of(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def gzip_zeros(size: int) -> bytes:
    """A stream that becomes as many zero bytes. Whole members one after the other are one stream (RFC 1952)."""
    piece = 10_000_000
    return gzip.compress(bytes(piece), 9, mtime=0) * (size // piece)
