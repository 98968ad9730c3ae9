"""Which kind of database the site runs on, and what each kind does with its backups."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from django.db import connection

from petitions.backups.postgresql import PostgreSQL
from petitions.backups.sqlite import SQLite


class Database(Protocol):
    name: str
    begins: bytes  # what its backups start with

    def is_at(self, path: Path) -> bool:
        """Whether the file is the database itself."""

    def copy(self, draft: Path) -> None:
        """Fill the file, while others read and write the database. Raises `Refused`."""

    def migrations(self, path: Path) -> set[tuple[str, str]]:
        """Read the whole backup: app and name of what was applied. Raises `Refused` when it is damaged."""

    def put_back(self, path: Path) -> None:
        """Replace everything, in one step for whoever looks, or nothing. Raises `Refused`."""


KINDS: dict[str, type[Database]] = {"sqlite": SQLite, "postgresql": PostgreSQL}


def here() -> Database:
    return KINDS[connection.vendor]()


def is_site(migrations: set[tuple[str, str]]) -> bool:
    """Whether these are the migrations of such a site, and not of something else."""
    return any(app == "petitions" for app, _name in migrations)
