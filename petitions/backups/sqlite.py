"""SQLite's own ways: `VACUUM INTO` to copy, its backup call to put back."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from django.contrib.sessions.models import Session
from django.db import Error, connection

from petitions.backups import Refused

BUSY_SECONDS = 60.0


class SQLite:
    name = "SQLite"
    begins = b"SQLite format 3\0"

    def is_at(self, path: Path) -> bool:
        return path.exists() and _file().exists() and path.samefile(_file())

    def copy(self, draft: Path) -> None:
        """Row by row: the backup call would take free pages along, where words that were erased may still stand."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(draft)])
            with closing(sqlite3.connect(draft)) as copy, copy:
                copy.execute("PRAGMA secure_delete=ON")
                copy.execute(f"DELETE FROM {Session._meta.db_table}")  # noqa: S608
        except (Error, sqlite3.Error) as error:
            raise Refused(f"The copy cannot be written: {error}.") from None

    def migrations(self, path: Path) -> set[tuple[str, str]]:
        try:
            with closing(_read_only(path)) as backup:
                is_whole = backup.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
                has_orphans = bool(backup.execute("PRAGMA foreign_key_check").fetchone())
                found = _applied(backup)
        except sqlite3.Error:
            raise Refused(f"{path} is damaged.") from None
        if has_orphans or not is_whole:
            raise Refused(f"{path} is damaged.")
        return found

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


def _applied(backup: sqlite3.Connection) -> set[tuple[str, str]]:
    if not backup.execute("SELECT 1 FROM sqlite_master WHERE name = 'django_migrations'").fetchone():
        return set()
    return set(backup.execute("SELECT app, name FROM django_migrations"))


def _file() -> Path:
    return Path(connection.settings_dict["NAME"])


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
