"""The letter as a printed page: plain data in, a tagged PDF out. Knows Typst, knows nothing of Django."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

import typst

from petitions.documents.markdown import Node, visible

TEMPLATE = Path(__file__).with_name("letter.typ")
LARGEST = 2_000_000  # characters of JSON
MOST = 20_000  # signatories: four seconds, 370 MB and a file of 5 MB, which most mail servers still take
LARGE = 50_000
MEMORY = 10  # Typst keeps what it has computed until it was not needed for so many compilations


class LetterTooLarge(ValueError):
    """More than one PDF should hold. A compilation cannot be stopped, so its time is bounded here."""


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
    source = _source(letter)
    try:
        return _print(source, letter.dated, font_paths)
    finally:
        if len(source) > LARGE:
            forget()


def _print(source: str, dated: date, font_paths: Sequence[Path]) -> Pdf:
    for has_system_fonts in (False, True):
        try:
            return Pdf(_compile(source, dated, True, has_system_fonts, font_paths), is_archival=True)
        except typst.TypstError:  # the standards refuse a missing glyph
            continue
    return Pdf(_compile(source, dated, False, True, font_paths), is_archival=False)


def forget() -> None:
    """A process that printed twenty large letters would hold 650 MB; it stays below 150 MB with this."""
    for _ in range(MEMORY + 1):
        typst.compile(b"", ignore_system_fonts=True)


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


def _compile(
    source: str, dated: date, is_archival: bool, has_system_fonts: bool, font_paths: Sequence[Path]
) -> bytes:
    return typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        sys_inputs={"letter": source},
        # Readable by a screen reader (UA), and still readable in thirty years (A).
        pdf_standards=["ua-1", "a-2a"] if is_archival else [],
        timestamp=datetime.combine(dated, time(), UTC),  # a day, not a moment
        ignore_system_fonts=not has_system_fonts,
        font_paths=list(font_paths),
    )
