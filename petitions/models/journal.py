"""What was erased and can still be read in the database's files, until it is cleared away."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, models

from petitions.models.invitations import Invitation
from petitions.models.proofs import Challenge, Mark
from petitions.models.waiting import WaitingSignature

MOVING: tuple[type[models.Model], ...] = (
    Challenge,
    Invitation,
    Mark,
    WaitingSignature,
)  # whose old rows would say who came when


def empty(cleared: Iterable[type[models.Model]] = MOVING) -> None:
    """SQLite: move the log into the main file, which overwrites what it erases (`secure_delete`), and cut it.

    PostgreSQL: let go of these tables' dead rows, in one process: several would take all cores from those who sign.
    Its own log is not ours to cut (`docs/traces.md`). Does nothing inside a transaction, and what somebody still
    reads stays until the next time.
    """
    if connection.in_atomic_block:
        return
    tables = ", ".join(
        connection.ops.quote_name(model._meta.db_table) for model in sorted(set(cleared), key=str)
    )
    statements = {
        "sqlite": "PRAGMA wal_checkpoint(TRUNCATE)",
        "postgresql": f"VACUUM (TRUNCATE FALSE, INDEX_CLEANUP ON, PARALLEL 0) {tables}",
    }
    with connection.cursor() as cursor:
        cursor.execute(statements[connection.vendor])
