"""The tests' own PostgreSQL leaves the machine as it was."""

from __future__ import annotations

import pwd
import stat
from pathlib import Path

import psycopg
import pytest

from tests import postgresql

pytestmark = pytest.mark.on("sqlite")


def modes():
    programs = postgresql.programs()
    assert programs is not None
    return {
        str(path): stat.S_IMODE(path.stat().st_mode) for path in [programs, *programs.parents, Path.cwd()]
    }


def test_it_runs_and_changes_no_permission_and_no_account(monkeypatch):
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    before, accounts = modes(), len(pwd.getpwall())

    with postgresql.running() as url:
        assert psycopg.connect(url).execute("SELECT 1").fetchone() == (1,)

    assert modes() == before
    assert len(pwd.getpwall()) == accounts
