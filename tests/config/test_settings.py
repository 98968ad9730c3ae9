"""What the settings ask of the database."""

import sqlite3
from contextlib import closing

from config.settings import SQLITE_START

FULL = 2


def test_sqlite_waits_for_the_disk_at_each_commit(tmp_path):
    """Otherwise a loss of power takes along what was acknowledged."""
    with closing(sqlite3.connect(tmp_path / "site.sqlite3")) as database:
        database.executescript(SQLITE_START)

        assert database.execute("PRAGMA synchronous").fetchone() == (FULL,)
