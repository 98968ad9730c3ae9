"""The letter as a printed page: plain data in, a tagged PDF out. Knows Typst, knows nothing of Django."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from petitions.documents.markdown import Node, visible
from petitions.documents.typesetting import Paper, typeset

TEMPLATE = Path(__file__).with_name("letter.typ")
LARGEST = 2_000_000  # characters of JSON
MOST = 50_000  # signatories: three to four seconds, 420 to 470 MB and a file of 7 to 8 MB
LONG = 1_000  # signatories: from here on a way is tried with a few of them first
# Readable by a screen reader (UA), and still readable in thirty years (A), which asks for a glyph of each character.
ARCHIVAL = ["ua-1", "a-2a"]
WAYS: list[dict[str, Any]] = [
    {"pdf_standards": ARCHIVAL, "ignore_system_fonts": True},
    {"pdf_standards": ARCHIVAL, "ignore_system_fonts": False},
    {"pdf_standards": [], "ignore_system_fonts": False},
]


class LetterTooLarge(ValueError):
    """More than one PDF should hold."""


@dataclass(frozen=True)
class Words:
    """What the page says itself; whoever knows the reader's language passes translations."""

    kind: str = "Open letter"
    to: str = "To"
    demands: str = "What we ask"
    signed: str = "Signed"
    page: str = "Page {page} of {pages}"
    version_hash: str = "SHA-256 of the text"
    snapshot_hash: str = "SHA-256 of the signatures"
    url: str = "Public page"


@dataclass(frozen=True)
class DemandLine:
    number: int
    title: str
    body: list[Node]


@dataclass(frozen=True)
class LetterDocument:
    """Only what the public may read: whatever stands here can be copied out of the file."""

    title: str
    salutation_lines: list[str]
    body: list[Node]
    demands: list[DemandLine]
    signing_line: str
    count_lines: list[str]
    signatories: list[str]
    more: list[str]
    dated: date
    day: str  # the same in the reader's way of writing it
    version_sha256: str
    snapshot_sha256: str
    url: str
    language: str = "en"  # of the page's own words
    text_language: str = "en"  # of what was written: title, text, demands
    text_direction: str = "auto"
    label: str = ""
    words: Words = field(default_factory=Words)

    @property
    def digest(self) -> str:
        """Of all that is printed and of how it looks, known before it is."""
        words = json.dumps(asdict(self), default=str).encode()
        return hashlib.sha256(TEMPLATE.read_bytes() + words).hexdigest()


@dataclass(frozen=True)
class Pdf:
    content: bytes
    is_archival: bool  # false when no font here has one of the characters


def letter_pdf(letter: LetterDocument, *, font_paths: Sequence[Path] = ()) -> Pdf:
    """The same letter gives the same bytes, unless a name needs the fonts of the machine."""
    if len(letter.signatories) > MOST:
        raise LetterTooLarge(f"{len(letter.signatories)} signatories")
    whole, ways = _source(letter), _ways(font_paths)
    first = _typeset(letter, _source(_sample(letter)), ways).way if len(letter.signatories) > LONG else 0
    paper = _typeset(letter, whole, ways[first:])
    return Pdf(paper.content, is_archival=bool(WAYS[first + paper.way]["pdf_standards"]))


def _typeset(letter: LetterDocument, source: str, ways: list[dict[str, Any]]) -> Paper:
    return typeset(TEMPLATE, {"letter": source}, *ways, dated=letter.dated)


def _sample(letter: LetterDocument) -> LetterDocument:
    """With one name for each character: what refuses it refuses the whole list, for seconds less."""
    seen: set[str] = set()
    names: list[str] = []
    for name in letter.signatories:
        if not seen.issuperset(name):
            seen.update(name)
            names.append(name)
    return replace(letter, signatories=names)


def _ways(font_paths: Sequence[Path]) -> list[dict[str, Any]]:
    return [way | {"font_paths": [str(path) for path in font_paths]} for way in WAYS]


def _source(letter: LetterDocument) -> str:
    language, _, region = (letter.language or "en").lower().partition("-")
    dated = [letter.dated.year, letter.dated.month, letter.dated.day]
    values = asdict(letter) | {"dated": dated, "language": language, "region": _region(region)}
    values["text_language"] = letter.text_language.lower().partition("-")[0]
    source = visible(json.dumps(values, ensure_ascii=False))
    if len(source) > LARGEST:
        raise LetterTooLarge(f"{len(source)} characters")
    return source


def _region(code: str) -> str | None:
    return code if len(code) == 2 else None  # zh-hans names a script, not a country
