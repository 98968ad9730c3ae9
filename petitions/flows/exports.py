"""Taking a letter's signatures away as a table: what everybody can read, in the words of the public list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.utils import translation

from accounts.models import User
from petitions.documents import tables
from petitions.flows import audit
from petitions.models import Letter
from petitions.models.signatures import SHOWN, public_words

HEADER = ("name", "role", "workplace", "statement", "signed_on", "version")
FOUND = (*SHOWN, "workplace__name", "signed_on", "version__number")
CHUNK = 2_000


def signatures(letter: Letter, *, by: User) -> Iterator[bytes]:
    """Written down first; then the rows, in the language of whoever asks. Anonymous ones are numbers and no rows."""
    audit.record("signatures_exported", letter=letter, by=by)
    language = translation.get_language()
    return tables.pieces(HEADER, _chunks(letter, language))


def _chunks(letter: Letter, language: str | None) -> Iterator[list[list[str]]]:
    """Chunk by chunk, each by a query of its own: a slow reader keeps no transaction and no cursor open."""
    rows = letter.signatures.all().named().latest_first()
    rest = rows
    while chunk := list(rest.values_list(*FOUND, "signed_at", "pk")[:CHUNK]):
        with translation.override(language):
            yield [_row(*found) for *found, _moment, _pk in chunk]
        *_found, moment, pk = chunk[-1]
        rest = rows.behind(moment, str(pk))
        chunk.clear()  # or two of them are held while the next one comes


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
    words = public_words(name, role, statement, is_under_review, shows_statement)
    return [words.name, words.role, workplace or "", words.statement, day.isoformat(), str(version)]
