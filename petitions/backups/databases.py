"""Which kind of database the site runs on, and what each kind does with its backups."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Protocol

from django.db import connection

from petitions.backups.postgresql import PostgreSQL
from petitions.backups.sqlite import SQLite


class Database(Protocol):
    name: str
    begins: bytes  # what its backups start with

    def is_at(self, path: Path) -> bool:
        """Whether the file is the database itself."""

    def copy(self, folder: Path) -> BinaryIO:
        """A whole copy, made while others read and write the database, in a file of the folder that has no name.

        Whoever is killed leaves nothing of it behind. Raises `Refused`.
        """

    def migrations(self, path: Path) -> set[tuple[str, str]]:
        """Read the whole backup: app and name of what was applied. Raises `Refused` when it is damaged."""

    def put_back(self, path: Path) -> None:
        """Replace everything, in one step for whoever looks, or nothing. Raises `Refused`."""


KINDS: dict[str, type[Database]] = {"sqlite": SQLite, "postgresql": PostgreSQL}


def here() -> Database:
    return KINDS[connection.vendor]()
