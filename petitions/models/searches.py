"""Finding names in a list: the latest that have each word, without reading all where many do, or hardly any.

Common words are soon met among the latest, and by their pieces would be found far too often; what is rare is found by
its pieces. On PostgreSQL both are one statement, whose second half runs where the first one met too few.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func

from petitions.models import pieces, prepared
from petitions.models.letters import Letter
from petitions.models.prepared import Given
from petitions.models.signatures import Signature, SignatureQuerySet
from petitions.models.words import SHOWN, Line, line, searchable
from petitions.models.workplaces import Workplace

LATEST = 20_000  # signatures, among which a page of what is common is met
READ = ("id", "signed_at", "signed_on", "workplace_id", *SHOWN)
EITHER = """
WITH met AS MATERIALIZED (
  SELECT {read} FROM ({latest} LIMIT %s) AS latest WHERE NOT is_under_review AND search LIKE ALL (%s)
  ORDER BY signed_at DESC, id LIMIT %s),
further AS MATERIALIZED (SELECT id FROM ({latest} OFFSET %s) AS further LIMIT 1)
SELECT either.id, signed_on, place.name, {shown} FROM (
  SELECT * FROM met WHERE (SELECT count(*) FROM met) = %s OR NOT EXISTS (SELECT FROM further)
  UNION ALL
  SELECT * FROM ({by_pieces} LIMIT %s) AS found
  WHERE (SELECT count(*) FROM met) < %s AND EXISTS (SELECT FROM further)
) AS either LEFT JOIN petitions_workplace AS place ON place.id = workplace_id
ORDER BY signed_at DESC, either.id
"""


class Either(prepared.Rows):
    """What is met among the `latest`, if that is enough or there are no others; otherwise by pieces, up to `most`."""

    def __init__(self, latest: prepared.Rows, by_pieces: prepared.Rows) -> None:
        self._latest, self._by_pieces = latest, by_pieces

    @cached_property
    def _compiled(self) -> Any:
        _compiler, latest, given = self._latest._compiled
        compiler, by_pieces, more = self._by_pieces._compiled
        shown = ", ".join(f"either.{column}" for column in SHOWN)
        words = EITHER.format(latest=latest, by_pieces=by_pieces, read=", ".join(READ), shown=shown)
        most = Given("most")
        read = (*given, Given("latest"))
        return compiler, words, (*read, Given("patterns"), most, *read, most, *more, most, most)

    def _read(self, row: Any) -> Line:
        """As PostgreSQL gives it."""
        return line(*row)


def first(letter: Letter, words: str, most: int, *, workplace: Workplace | None = None) -> list[Line]:
    """The latest that match, no more than `most`."""
    if not pieces.are_indexed():
        rows = letter.signatures.all().named().from_workplace(workplace).matching(words)
        return rows.latest_first()[:most].lines()
    sought = searchable(words).split()
    values = {
        "letter": letter.pk,
        "latest": 0 if pieces.are_rare(sought) else LATEST,
        "patterns": [f"%{connection.ops.prep_for_like_query(word)}%" for word in sought],
        "pieces": pieces.telling(sought),
        "most": most,
    }
    return THERE.all(workplace=workplace.pk, **values) if workplace else EVERYWHERE.all(**values)


def _listed(letter: Any) -> SignatureQuerySet:
    return Signature.objects.filter(letter=letter).named().latest_first()


def _read(rows: SignatureQuerySet) -> Any:
    return rows.values(*READ, "search")


def _found(rows: SignatureQuerySet) -> Any:
    have_words = Func(
        F("search"),
        Given("patterns"),
        template="%(expressions)s)",
        arg_joiner=" LIKE ALL (",
        output_field=BooleanField(),
    )
    return rows.filter(pieces.are_in_line(Given("pieces")), have_words, is_under_review=False).values(*READ)


EVERYWHERE = Either(
    prepared.Rows(lambda letter: _read(_listed(letter))),
    prepared.Rows(lambda letter: _found(_listed(letter))),
)
THERE = Either(
    prepared.Rows(lambda letter, workplace: _read(_listed(letter).filter(workplace=workplace))),
    prepared.Rows(lambda letter, workplace: _found(_listed(letter).filter(workplace=workplace))),
)
