"""docs/traces.md advises settings and statements of PostgreSQL: they are read from the page and do what it says."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import postgresql
from tests.promises import evidence

pytestmark = [
    pytest.mark.on("postgresql"),
    pytest.mark.skipif(postgresql.programs() is None, reason="no wheel with PostgreSQL for this machine"),
]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "traces.md"


def block(kind: str) -> list[str]:
    """The lines of the page's block of this kind, without what is said about them."""
    lines = re.search(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)[1].splitlines()
    return [re.split(r"#|--", line)[0].strip() for line in lines]


def advised() -> list[str]:
    return [re.sub(r"\s*=\s*", "=", line) for line in block("ini")]


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


# --- After a purge -----------------------------------------------------------------------------------------
LIVES = """
import django
django.setup()
from django.core.management import call_command
from tests.flows import test_purges
call_command("migrate", verbosity=0)
test_purges.make_old()
"""
PERSONS = ("Wilhelmina Quagmire", "Zymurgist", "Xylophones at dawn", "zz.chief@company.test", "zz said no")


def test_who_was_purged_is_in_no_file_of_the_server_once_it_was_written_anew():
    with postgresql.own("fsync=off", *advised()) as server:
        run(server, "-c", LIVES)
        say(server, "ANALYZE", "CHECKPOINT")
        assert held(files(server)) == set(PERSONS)

        run(server, "manage.py", "purge")
        say(server, "CHECKPOINT")
        assert held(dict(evidence.of_postgresql(server.url))) == set()
        assert "zz.chief@company.test" in held(files(server))  # docs/threats.md says so: this page goes on

        say(server, *block("sql"))
        assert held(files(server)) == set()


def run(server: postgresql.Server, *arguments: str) -> None:
    environment = os.environ | {"TEST_DATABASE": server.url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)


def say(server: postgresql.Server, *statements: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as database:
        for statement in statements:
            database.execute(statement)


def files(server: postgresql.Server) -> dict[str, bytes]:
    """Tables, indexes, log, statistics, and what the server said."""
    data = [path for path in (server.place / "data").rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in [*data, server.place / "log"]}


def held(places: dict[str, bytes]) -> set[str]:
    """Of whom something is to be read there; what is searched for stands in small letters."""
    small = [what.lower() for what in places.values()]
    return {person for person in PERSONS if any(person.lower().encode() in what for what in small)}
