"""Making a backup while the site runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from config import refusals
from petitions.backups import Refused, databases, is_site
from petitions.crypto import age, files
from petitions.flows import jobs, restores

NAME = "backup"  # of the row that says when one was made last


def make(path: Path, *, overwrite: bool = False, public_keys: Sequence[str] = ()) -> None:
    """Locked to the keys, if there are any. Raises `Refused`.

    Written beside and renamed: whatever has this name is a whole backup, for its owner alone.
    """
    database = databases.here()
    if not is_site(set(MigrationRecorder(connection).applied_migrations())):
        raise Refused("There is nothing to back up: this database is empty.")
    _require_free(database, path, overwrite=overwrite)
    has_epochs = _is_up_to_date()  # a site may be backed up before it is upgraded
    if has_epochs:
        restores.turn()
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        draft = Path(folder) / "draft"
        with database.copy(Path(folder)) as copied:
            _write(copied, draft, public_keys)
        if has_epochs:
            restores.turn()
        _require_free(database, path, overwrite=overwrite)
        draft.replace(path)
    if has_epochs:
        jobs.note(NAME)
    files.sync_folder(path.parent)


def public_keys(*, unencrypted: bool = False) -> Sequence[str]:
    """Those that backups of this site are locked to. Raises `Refused` where nobody has said that there are none."""
    if unencrypted:
        return ()
    if not settings.BACKUP_PUBLIC_KEYS and not refusals.is_here(settings.SITE_URL):
        raise Refused(
            "A backup holds names and addresses. Set BACKUP_PUBLIC_KEYS (docs/restore.md), or add --unencrypted."
        )
    return settings.BACKUP_PUBLIC_KEYS


def _write(copied: BinaryIO, draft: Path, public_keys: Sequence[str]) -> None:
    draft.touch(mode=0o600)
    with draft.open("wb") as target:
        if public_keys:
            age.lock(copied, target, public_keys)
        else:
            shutil.copyfileobj(copied, target)
        target.flush()
        os.fsync(target.fileno())


def _require_free(database: databases.Database, path: Path, *, overwrite: bool) -> None:
    if not path.parent.is_dir():
        raise Refused(f"{path.parent} is no folder.")
    if database.is_at(path):
        raise Refused(f"{path} is the database itself.")
    if path.exists() and not overwrite:
        raise Refused(f"{path} exists. Choose another name, or add --overwrite.")


def _is_up_to_date() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
