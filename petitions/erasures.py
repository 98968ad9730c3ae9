"""What was erased, noted apart from the database, so that a backup from before is made to forget it again.

Below `KEYS_DIR` lies a file for each month: digests of 32 bytes, made with a key of their own, and sorted. They name
nobody, have no day and no order, and belong to ids that no row has any more, or to a state that the rows show too.
An erasure is noted before it is committed: whoever is killed in between leaves a note of something that was asked for
and may not have happened. What is undone later is taken back after that was committed. So in doubt, more is erased.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from petitions.crypto import files, keys

FOLDER = "erasures"  # below `KEYS_DIR`
KEY = f"{FOLDER}/key"
SINCE = "since"  # the first month of which everything is there; without it, nothing was let go yet
SIZE = 32
MONTHS = "[0-9][0-9][0-9][0-9]-[0-9][0-9]"


class Kind(StrEnum):
    """What is noted of each, in brackets."""

    LINE = "line"  # hidden, corrected or withdrawn (the id that it had; it gets a new one)
    WITHDRAWN = "withdrawn"  # a signature (the hash of its receipt)
    STATEMENT = "statement"  # taken off the list (id of the signature)
    SUBSCRIPTION = "subscription"  # (id)
    OPT_OUT = "opt-out"  # of a recipient (keyed mark of the mailbox)
    MEMBERSHIP = "membership"  # of an organizer (letter and account)
    ORGANIZER_INVITATION = "organizer invitation"  # used or withdrawn (hash of its secret)
    INVITATION = "invitation"  # void (id)
    PAPER = "paper"  # (row and moment)
    PAPER_NAME = "paper name"  # (its paper, and row)
    RESPONSE = "response"  # hidden (row and moment)
    REPORT = "report"  # (row and moment)
    DRAFT = "draft"  # of a letter (its public id)
    PURGED = "purged"  # a letter of which nobody is remembered (its public id)


class Known:
    """All that is noted."""

    def __init__(self, digests: frozenset[bytes], key: bytes) -> None:
        self._digests, self._key = digests, key

    def __bool__(self) -> bool:
        return bool(self._digests)

    def has(self, kind: Kind, name: object) -> bool:
        return _digest(self._key, kind, name) in self._digests


def row(pk: object, made_at: datetime) -> str:
    """A row whose id is a plain number: after a restore the same number is given to another one."""
    return f"{pk} {made_at.astimezone(UTC).isoformat()}"


def note(kind: Kind, *names: object) -> None:
    """Before the erasure is committed. On disk when it returns."""
    if not names:
        return
    with _alone() as folder:
        month = folder / f"{_today():%Y-%m}"
        _write(month, _read(month) | _digests(kind, names))


def take_back(kind: Kind, *names: object) -> None:
    """Somebody undid it: once that is committed."""
    transaction.on_commit(partial(_take_back, kind, names), robust=True)


def known() -> Known:
    with _alone() as folder:
        found = frozenset[bytes]().union(*map(_read, folder.glob(MONTHS)))
        return Known(found, _key())


def identity() -> uuid.UUID:
    """Of these notes. A database that carries it, and every copy of it from then on, lies within their reach."""
    return uuid.UUID(bytes=hmac.digest(_key(), b"identity", "sha256")[:16])


def reach(moment: datetime) -> bool:
    """Whether no note since then was let go."""
    since = _folder() / SINCE
    return not since.exists() or moment.date() >= date.fromisoformat(since.read_text())


def prune() -> None:
    """Let go of months from which no backup is kept any more."""
    kept_from = _today() - timedelta(days=settings.BACKUP_DAYS)
    with _alone() as folder:
        gone = [path for path in folder.glob(MONTHS) if path.name < f"{kept_from:%Y-%m}"]
        if not gone:
            return
        files.replace(folder / SINCE, f"{kept_from:%Y-%m}-01".encode(), is_dated=False)
        for path in gone:
            path.unlink()
        files.sync_folder(folder)


def _take_back(kind: Kind, names: tuple[object, ...]) -> None:
    with _alone() as folder:
        gone = _digests(kind, names)
        for month in folder.glob(MONTHS):
            if (found := _read(month)) & gone:
                _write(month, found - gone)


@contextlib.contextmanager
def _alone() -> Iterator[Path]:
    """The folder, while nobody else reads or writes it: no thread, and no process."""
    keys.create(settings.KEYS_DIR, KEY)
    handle = os.open(_folder() / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield _folder()
    finally:
        os.close(handle)


def _folder() -> Path:
    return settings.KEYS_DIR / FOLDER


def _key() -> bytes:
    return keys.read_or_create(settings.KEYS_DIR, KEY)


def _today() -> date:
    return timezone.now().astimezone(UTC).date()


def _digests(kind: Kind, names: tuple[object, ...]) -> frozenset[bytes]:
    key = _key()
    return frozenset(_digest(key, kind, name) for name in names)


def _digest(key: bytes, kind: Kind, name: object) -> bytes:
    said = name.hex() if isinstance(name, bytes) else str(name)
    return hmac.digest(key, f"{kind}\0{said}".encode(), hashlib.sha256)


def _read(month: Path) -> frozenset[bytes]:
    content = month.read_bytes() if month.exists() else b""
    return frozenset(content[start : start + SIZE] for start in range(0, len(content), SIZE))


def _write(month: Path, digests: frozenset[bytes]) -> None:
    """Its date would say when somebody was erased."""
    files.replace(month, b"".join(sorted(digests)), is_dated=False)
