"""Making a backup while the site runs."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from petitions.backups import Refused, databases
from petitions.crypto import keys
from petitions.flows import jobs, restores

NAME = "backup"  # of the row that says when one was made last


def make(path: Path, *, overwrite: bool = False) -> None:
    """Written beside and renamed: whatever has this name is a whole backup, for its owner alone. Raises `Refused`."""
    database = databases.here()
    if not databases.is_site(set(MigrationRecorder(connection).applied_migrations())):
        raise Refused("There is nothing to back up: this database is empty.")
    _require_free(database, path, overwrite=overwrite)
    has_epochs = _is_up_to_date()  # a site may be backed up before it is upgraded
    if has_epochs:
        restores.is_own_database()
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        draft = Path(folder) / "draft"
        draft.touch(mode=0o600)
        database.copy(draft)
        if not databases.is_site(database.migrations(draft)):
            raise Refused("The copy is not whole.")
        _sync(draft)
        if has_epochs:
            restores.turn()
        _require_free(database, path, overwrite=overwrite)
        draft.replace(path)
    if has_epochs:
        jobs.note(NAME)
    keys.sync_folder(path.parent)


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


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
