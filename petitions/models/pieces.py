"""Pieces: each one, two and three letters in a row of what a signature is found by, in an index of PostgreSQL.

A rare name is found by them without reading all names (see `searches`). PostgreSQL never takes a piece out of such an
index again, so the index is written anew each night: the pieces of erased names go with its old file. SQLite reads
all names.
"""

from __future__ import annotations

import math
import time
from functools import lru_cache

from django.db import connection
from django.db.models import BooleanField, Expression, F, Func

LONGEST = 3
BITS = 21  # of a character's number in Unicode
INDEX = "signatures_searched"
FEW = 4_000  # signatures that are read by their pieces as quickly as a page of them is met among the latest
KEPT = 600  # seconds that a process goes by what the database has counted
# Of how many signatures is known from the other index of the same ones: right after its making, PostgreSQL takes the
# entries of this one for rows.
COUNTED = """
SELECT most_common_elems::text::int8[], most_common_elem_freqs,
  (SELECT reltuples FROM pg_class WHERE oid = 'signatures_listed'::regclass)
FROM pg_stats WHERE schemaname = current_schema() AND tablename = %s
"""
LEFT_OVER = """
SELECT left_over.relname FROM pg_index
JOIN pg_class AS left_over ON left_over.oid = indexrelid JOIN pg_class AS of ON of.oid = indrelid
WHERE of.relname = 'petitions_signature' AND NOT indisvalid AND left_over.relname LIKE 'signatures\\_searched\\_cc%'
"""


def are_indexed() -> bool:
    return connection.vendor == "postgresql"


def number(piece: str) -> int:
    """As the function of the database has it, see migration 0023."""
    found = 0
    for letter in piece:
        found = found << BITS | ord(letter)
    return found


def longest(words: list[str]) -> list[int]:
    """Those that a line has to have in which each word stands."""
    pieces = {
        word[start : start + LONGEST] for word in words for start in range(max(1, len(word) - LONGEST + 1))
    }
    return sorted(map(number, pieces))


def are_in_line(wanted: Expression) -> Func:
    """Whether a signature has all of the pieces."""
    return Func(
        Func(F("search"), function="petitions_pieces"),
        wanted,
        template="%(expressions)s::int8[]",
        arg_joiner=" @> ",
        output_field=BooleanField(),
    )


def are_rare(words: list[str]) -> bool:
    """Whether few signatures have one of their pieces; none is rare before the database has counted."""
    return any(number < FEW for word in words for number in _having(word).values())


def telling(words: list[str]) -> list[int]:
    """Of each word those that few have, or as many as nobody has counted; of a common word the rarest alone.

    To compare the long lists of all of them costs more than it saves.
    """
    found: set[int] = set()
    for word in words:
        having = _having(word)
        few = {piece for piece, number in having.items() if number < FEW or number == math.inf}
        found |= few or {min(having, key=having.__getitem__)}
    return sorted(found)


def _having(word: str) -> dict[int, float]:
    """How many signatures have each of its pieces."""
    common, least = _counted(int(time.monotonic() // KEPT))
    return {piece: common.get(piece, least) for piece in longest([word])}


@lru_cache(maxsize=1)
def _counted(_when: int) -> tuple[dict[int, float], float]:
    """How many signatures have each of the common pieces, as of its last ANALYZE; any other piece has fewer."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [INDEX])
        pieces, shares, signatures = cursor.fetchone() or ([], [], 0)
    common = {piece: share * signatures for piece, share in zip(pieces or [], shares or [], strict=False)}
    return common, min(common.values(), default=math.inf)


def forget() -> None:
    _counted.cache_clear()


def write_anew() -> None:
    """Nobody waits for it. One that was cut off leaves half an index, which goes first."""
    if not are_indexed() or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute(LEFT_OVER)
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {connection.ops.quote_name(name)}")
        cursor.execute(f"REINDEX INDEX CONCURRENTLY {INDEX}")
