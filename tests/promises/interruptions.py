"""A site whose database, or whose web, goes away while people use it, and comes back."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests import postgresql
from tests.promises.processes import Processes

Interruption = Callable[[], None]


@dataclass(frozen=True)
class Interrupted:
    """`interruptions` are to be called in their order; after each one everything runs again."""

    processes: Processes
    interruptions: list[Interruption]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read without the product."""
        url = self.processes.environment["DATABASE_URL"]
        if url.startswith("sqlite"):
            with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
                return file.execute(query).fetchall()
        with psycopg.connect(url) as server:
            return server.execute(query).fetchall()


@contextlib.contextmanager
def web_killed(place: Path, *, times: int, **surroundings: Any) -> Iterator[Interrupted]:
    """SQLite has no server: the processes that write are killed."""
    url = f"sqlite:///{place / 'own.sqlite3'}"
    with Processes(place, database_url=url, **surroundings) as processes:

        def interrupt() -> None:
            processes.kill("web")
            processes.start_web()

        yield Interrupted(processes, [interrupt] * times)


@contextlib.contextmanager
def server_restarted(place: Path, *, times: int, **surroundings: Any) -> Iterator[Interrupted]:
    """At once and quickly by turns. The server syncs every commit to disk, as in production."""
    with (
        postgresql.own() as server,
        Processes(place, database_url=server.url, **surroundings) as processes,
    ):

        def interrupt(how: Any) -> None:
            server.stop(how)
            server.start()

        ways = [postgresql.AT_ONCE, postgresql.QUICKLY] * times
        yield Interrupted(processes, [lambda how=how: interrupt(how) for how in ways[:times]])
