"""SQLite's write-ahead log, where what was erased stays readable until it is emptied."""

from django.db import connection


def empty() -> None:
    """Move everything into the main file, which overwrites what it erases (`secure_delete`), and cut the log.

    Does nothing while somebody reads, or inside a transaction; PostgreSQL has no such file.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
