"""SQLite's own ways: its backup call, to copy and to put back."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from django.contrib.sessions.models import Session
from django.db import Error, connection

from petitions.backups import Refused, is_site

BUSY_SECONDS = 60.0
WITH_LOG_AT, WITHOUT_LOG = (
    18,
    b"\x01\x01",
)  # of the file's header: which kinds of log readers and writers need


class SQLite:
    name = "SQLite"
    begins = b"SQLite format 3\0"

    def is_at(self, path: Path) -> bool:
        return path.exists() and _file().exists() and path.samefile(_file())

    def copy(self, folder: Path) -> BinaryIO:
        """Copied page by page and then row by row: free pages may hold words that were erased long ago.

        A second connection does the latter, for SQLite finds no log beside a file without a name, and needs none.
        """
        copied, first, second = _nameless(folder)
        try:
            with closing(first), connection.cursor():
                connection.connection.backup(first)
            os.pwrite(copied.fileno(), WITHOUT_LOG, WITH_LOG_AT)
            with closing(second):
                second.execute(f"DELETE FROM {Session._meta.db_table}")  # noqa: S608
                second.execute("VACUUM")
                if not is_site(_sound(second)):
                    raise Refused("The copy is not whole.")
        except (Error, sqlite3.Error) as error:
            raise Refused(f"The copy cannot be written: {error}.") from None
        return copied

    def migrations(self, path: Path) -> set[tuple[str, str]]:
        try:
            with closing(_read_only(path)) as backup:
                return _sound(backup)
        except (Refused, sqlite3.Error):
            raise Refused(f"{path} is damaged.") from None

    def put_back(self, path: Path) -> None:
        """One write transaction on the live file, which others have open; a renamed one they would not see."""
        connection.close()
        os.close(os.open(_file(), os.O_RDWR | os.O_CREAT, 0o600))
        limit = time.monotonic() + BUSY_SECONDS

        def give_up_in_time(*_progress: int) -> None:
            if time.monotonic() > limit:
                raise Refused("The database is busy. Stop web and workers, and try again.")

        try:
            with (
                closing(_read_only(path)) as backup,
                closing(sqlite3.connect(_file(), timeout=1)) as database,
            ):
                database.execute("PRAGMA synchronous=FULL")
                backup.backup(database, progress=give_up_in_time)
        except sqlite3.Error as error:
            raise Refused(f"The database cannot be replaced: {error}.") from None


def _nameless(folder: Path) -> tuple[BinaryIO, sqlite3.Connection, sqlite3.Connection]:
    """An empty file that lost its name before anything was written, and two connections that had it by then."""
    path = folder / f".{secrets.token_hex(8)}"
    copied = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b")
    first, second = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    for line in (first, second):
        line.execute("PRAGMA journal_mode=OFF")
    path.unlink()
    return copied, first, second


def _sound(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """What was applied to a database without a fault. Raises `Refused`."""
    is_whole = database.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
    has_orphans = bool(database.execute("PRAGMA foreign_key_check").fetchone())
    if has_orphans or not is_whole:
        raise Refused("It is damaged.")
    return _applied(database)


def _applied(backup: sqlite3.Connection) -> set[tuple[str, str]]:
    if not backup.execute("SELECT 1 FROM sqlite_master WHERE name = 'django_migrations'").fetchone():
        return set()
    return set(backup.execute("SELECT app, name FROM django_migrations"))


def _file() -> Path:
    return Path(connection.settings_dict["NAME"])


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
