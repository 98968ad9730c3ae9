"""Catalogues of the site's languages: `python -m tests.catalogues` brings them up to date with the source.

What is new stands there empty and what is gone is taken out; then they are compiled. `tests/test_catalogues.py` says
what is still missing. Babel does what GNU gettext would, so that no machine needs it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
SOURCES = ("petitions", "accounts", "config")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def in_source() -> Catalog:
    """Everything that the site says, without translations."""
    catalogue = Catalog(fuzzy=False)
    for function, words in _calls():
        given = [word for word in words if word]
        context = given.pop(0) if "pgettext" in function else None
        if given:
            catalogue.add(tuple(given[:2]) if "ngettext" in function else given[0], context=context)
    return catalogue


def _calls() -> Iterator[tuple[str, tuple[str | None, ...]]]:
    for text in _python():
        for _line, function, words, _comments in extract_python(io.BytesIO(text.encode()), KEYWORDS, [], {}):
            yield function, words if isinstance(words, tuple) else (words,)


def _python() -> Iterator[str]:
    """Our modules, and our templates as Django shows them to a reader of Python."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.read_text()
    for path in sorted((ROOT / "templates").rglob("*.*")):
        yield re.sub(r"(?m)^[ \t]+", "", templatize(path.read_text(), origin=str(path)))


def languages() -> list[str]:
    return sorted(path.name for path in LOCALE.iterdir())


def source_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    with source_of(language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def bring_up_to_date(language: str) -> None:
    catalogue = read(language)
    written = catalogue.creation_date
    catalogue.update(in_source(), no_fuzzy_matching=True)
    catalogue.creation_date = written  # a date that changes with every run would hide what did
    catalogue.obsolete.clear()
    with source_of(language).open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=False)
    source_of(language).with_suffix(".mo").write_bytes(compiled(read(language)))


if __name__ == "__main__":
    for name in languages():
        bring_up_to_date(name)
