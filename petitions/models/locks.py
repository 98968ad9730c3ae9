"""Locks of what has no row of its own, until commit: PostgreSQL's advisory ones. SQLite has one writer anyway.

What is locked is said in words and keys, such as `"letter", 7`.
"""

from __future__ import annotations

import hashlib

from petitions.models import prepared
from petitions.models.prepared import Asked

HOLDING = prepared.Lock("pg_advisory_xact_lock")
SHARING = prepared.Lock("pg_advisory_xact_lock_shared")


def hold(*what: object) -> None:
    """Alone: whoever holds or shares the same waits."""
    HOLDING(_key(what))


def share(*what: object) -> None:
    """Together with all who share it; whoever holds it waits."""
    SHARING(_key(what))


def sharing(*what: object) -> Asked:
    """`share`, to be asked together with what follows it."""
    return SHARING.given(key=_key(what))


def _key(what: tuple[object, ...]) -> int:
    digest = hashlib.sha256(":".join(map(str, what)).encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
