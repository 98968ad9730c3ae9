"""Taking a letter's signatures away as a table: what everybody can read, in the words of the public list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from django.utils import translation

from accounts.models import User
from petitions.documents import tables
from petitions.flows import audit
from petitions.models import Letter
from petitions.models.words import SHOWN, public_words

HEADER = ("name", "role", "workplace", "statement", "signed_on", "version")
FOUND = (*SHOWN, "workplace__name", "signed_on", "version__number")
CHUNK = 2_000


def signatures(letter: Letter, *, by: User) -> Iterator[bytes]:
    """Written down first; then the rows, in the language of whoever asks. Anonymous ones are numbers and no rows."""
    audit.record("signatures_exported", letter=letter, by=by)
    language = translation.get_language()
    return tables.pieces(HEADER, _chunks(letter, language))


def _chunks(letter: Letter, language: str | None) -> Iterator[list[list[str]]]:
    """Chunk by chunk, each by queries of its own: a slow reader keeps no transaction and no cursor open.

    Where one ends is looked up in the index first. With nothing but a limit PostgreSQL may read all rows for each.
    """
    rest = rows = letter.signatures.all().named().latest_first()
    while True:
        end = rest.places()[CHUNK - 1 : CHUNK].first()
        chunk = rest.up_to(*end) if end else rest
        with translation.override(language):
            yield [_row(*found) for found in chunk.values_list(*FOUND)]
        if end is None:
            return
        rest = rows.behind(*end)


def _row(
    name: str,
    role: str,
    statement: str,
    is_under_review: bool,
    shows_statement: bool,
    workplace: str | None,
    day: date,
    version: int,
) -> list[str]:
    """Without an object for each: making those took as long as all the rest."""
    name, role, statement = public_words(name, role, statement, is_under_review, shows_statement)
    return [name, role, workplace or "", statement, _written(day), _written(version)]


@lru_cache(10_000)
def _written(value: date | int) -> str:
    """The same few for many rows."""
    return str(value)
