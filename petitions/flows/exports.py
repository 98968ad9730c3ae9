"""Taking a letter's signatures away as a table: what everybody can read, in the words of the public list."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import translation

from accounts.models import User
from petitions.documents import tables
from petitions.flows import audit
from petitions.models import Letter, Signature

HEADER = ("name", "role", "workplace", "statement", "signed_on", "version")
CHUNK = 500


def signatures(letter: Letter, *, by: User) -> Iterator[bytes]:
    """Written down first; then the rows, in the language of whoever asks. Anonymous ones are numbers and no rows."""
    audit.record("signatures_exported", letter=letter, by=by)
    language = translation.get_language()
    return tables.pieces(HEADER, _chunks(letter, language))


def _chunks(letter: Letter, language: str | None) -> Iterator[list[list[str]]]:
    """Chunk by chunk, each by a query of its own: a slow reader keeps no transaction and no cursor open."""
    rows = letter.signatures.all().named().select_related("workplace", "version").latest_first()
    rest = rows
    while chunk := list(rest[:CHUNK]):
        with translation.override(language):
            yield [_row(signature) for signature in chunk]
        last = chunk[-1]
        assert last.signed_at  # the database holds that a named signature has it
        rest = rows.behind(last.signed_at, str(last.pk))


def _row(signature: Signature) -> list[str]:
    return [
        signature.public_name,
        signature.public_role,
        signature.workplace.name if signature.workplace else "",
        signature.public_statement,
        signature.signed_on.isoformat(),
        str(signature.version.number),
    ]
