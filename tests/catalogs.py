"""A second language, as translators add one."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

HEAD = {"": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"}


def speak(language: str, sentences: dict[str, str], settings: Any, place: Path) -> None:
    """Until the test is over the site speaks this language besides its own."""
    folder = place / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(catalog(HEAD | sentences))
    settings.LANGUAGES = [("en", "English"), (language, language)]
    settings.LOCALE_PATHS = [place]


def catalog(sentences: dict[str, str]) -> bytes:
    """The binary form that gettext reads: a head, two tables of lengths and places, the words."""
    pairs = sorted((key.encode(), value.encode()) for key, value in sentences.items())
    tables, words, place = [b"", b""], b"", 28 + 16 * len(pairs)
    for column in (0, 1):
        for pair in pairs:
            tables[column] += struct.pack("<II", len(pair[column]), place + len(words))
            words += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + b"".join(tables) + words
