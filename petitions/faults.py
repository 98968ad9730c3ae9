"""Faults that pass: a full disk, a database that is locked or away. The same request may work later."""

import errno
import sqlite3

from django.db import InterfaceError, OperationalError

NO_ROOM = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
PASSING = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
)


class Busy(Exception):
    """It cannot be done now; nothing was changed, and the same may be asked for again."""


def passes(fault: BaseException | None) -> bool:
    """SQLite calls a missing table operational too: only its own names tell. PostgreSQL's are all of this kind."""
    if isinstance(fault, OSError):
        return fault.errno in NO_ROOM
    if not isinstance(fault, OperationalError | InterfaceError):
        return False
    cause = fault.__cause__
    return not isinstance(cause, sqlite3.Error) or cause.sqlite_errorname.startswith(PASSING)
