"""Places of rows, which are written anew in an order of pure chance. `docs/traces.md` says what for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from petitions.models.proofs import Mark
from petitions.models.waiting import WaitingSignature

Moving = type[Mark] | type[WaitingSignature]
OWN = ("id", "is_scattered")  # what a row gets anew
PIECE = 500  # rows in one statement of SQLite

# Ids and the order are drawn each for itself, by the server's strong generator, so that neither tells the other.
MOVING = """
WITH moved AS (DELETE FROM {table} WHERE id = ANY (%s) RETURNING {columns})
INSERT INTO {table} (id, is_scattered, {columns})
SELECT gen_random_uuid(), true, {columns} FROM moved ORDER BY gen_random_uuid()::text
"""


def move(model: Moving, pks: Sequence[UUID]) -> int:
    """Delete these rows and insert them again, shuffled and under new ids; how many there were.

    Signers wait meanwhile. So on PostgreSQL the rows stay in the database: on their way through Python they kept
    signers waiting for more than twice as long.
    """
    if not pks:
        return 0
    if connection.vendor != "postgresql":
        return _move_by_hand(model, pks)
    columns = ", ".join(str(field.column) for field in model._meta.concrete_fields if field.name not in OWN)
    words = MOVING.format(table=model._meta.db_table, columns=columns)
    with connection.cursor() as cursor:
        cursor.execute(words, [list(pks)])
        return int(cursor.rowcount)


def _move_by_hand(model: Moving, pks: Sequence[UUID]) -> int:
    rows: list[Any] = [row for some in _pieces(pks) for row in model.objects.filter(pk__in=some)]
    secrets.SystemRandom().shuffle(rows)
    for some in _pieces(pks):
        model.objects.filter(pk__in=some).delete()
    for row in rows:
        row.pk, row.is_scattered = uuid4(), True
    for some in _pieces(rows):
        model.objects.bulk_create(some)
    return len(rows)


def _pieces(what: Sequence[Any]) -> list[Sequence[Any]]:
    return [what[start : start + PIECE] for start in range(0, len(what), PIECE)]
