"""Which faults pass by themselves."""

from __future__ import annotations

import errno
import sqlite3

import psycopg
import pytest
from django.db import DataError, OperationalError

from petitions import faults


def of_sqlite(name: str) -> OperationalError:
    fault, cause = OperationalError(), sqlite3.OperationalError()
    cause.sqlite_errorname = name
    fault.__cause__ = cause
    return fault


def of_postgresql() -> OperationalError:
    fault = OperationalError()
    fault.__cause__ = psycopg.errors.DiskFull()
    return fault


FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_BUSY_SNAPSHOT", "SQLITE_READONLY_DBMOVED")


@pytest.mark.parametrize("fault", [*map(of_sqlite, FULL), of_postgresql(), OSError(errno.ENOSPC, "no room")])
def test_these_are_over_when_there_is_room_again(fault):
    assert faults.passes(fault)


@pytest.mark.parametrize(
    "fault", [None, of_sqlite("SQLITE_ERROR"), DataError(), OSError(errno.ENOENT, "no file"), KeyError()]
)
def test_these_stay_until_somebody_mends_them(fault):
    assert not faults.passes(fault)
