"""docs/traces.md advises settings of PostgreSQL: they are read from the page and do what it says."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import psycopg
import pytest

from tests import postgresql

pytestmark = [
    pytest.mark.on("postgresql"),
    pytest.mark.skipif(postgresql.programs() is None, reason="no wheel with PostgreSQL for this machine"),
]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "traces.md"


def advised() -> list[str]:
    lines = re.search(r"```ini\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)[1].splitlines()
    return [re.sub(r"\s*=\s*", "=", line.partition("#")[0].strip()) for line in lines]


def left_of_a_row(*options: str) -> set[str]:
    """Where a row's value is still to be read: in segments of the log, by checkpoint; in what the server said."""
    with postgresql.own(*options) as server:
        value = secrets.token_bytes(32)
        with psycopg.connect(server.url, autocommit=True) as database:
            database.execute("CREATE TABLE marks (value bytea UNIQUE)")
            database.execute("INSERT INTO marks VALUES (%s)", [value])
            with pytest.raises(psycopg.errors.UniqueViolation):
                database.execute("INSERT INTO marks VALUES (%s)", [value])
            database.execute("SELECT pg_switch_wal()")
            database.execute("CHECKPOINT")
        log = {"pg_wal"} if any(value in path.read_bytes() for path in segments(server)) else set()
        return log | ({"log"} if value.hex() in (server.place / "log").read_text() else set())


def segments(server: postgresql.Server) -> list[Path]:
    return [path for path in (server.place / "data" / "pg_wal").iterdir() if path.is_file()]


def test_with_the_settings_advised_a_row_is_out_of_the_logs_after_a_checkpoint():
    assert len(advised()) > 10

    assert left_of_a_row(*advised()) == set()


def test_without_them_it_is_in_both():
    """The control, and why the page stands there: old segments are renamed and keep what they held."""
    assert left_of_a_row() == {"pg_wal", "log"}
