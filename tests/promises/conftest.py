from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from tests import valkey
from tests.mailserver import MailServer
from tests.promises.processes import Processes


@pytest.fixture
def figures(record_property) -> Callable[..., None]:
    """Keeps what a promise was proved with, for the table that `make promises` prints."""

    def keep(**values: object) -> None:
        for name, value in values.items():
            record_property(name, value)

    return keep


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database on the server that these tests run on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'site.sqlite3'}"
        return
    given = settings.DATABASES["default"]
    name = f"site_{uuid.uuid4().hex[:12]}"
    where = {"host": given["HOST"], "user": given["USER"], "password": given["PASSWORD"] or None}
    with psycopg.connect(dbname="postgres", port=given["PORT"] or None, autocommit=True, **where) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield database_url(name)
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def site(tmp_path: Path, own_database: str, mail_server: MailServer) -> Iterator[Processes]:
    """Web, worker and beat from an empty database on, with a broker and a mail server of their own."""
    with whole_site(tmp_path, own_database, mail_server) as running:
        yield running


@contextlib.contextmanager
def whole_site(
    place: Path,
    database_url: str,
    mail_server: MailServer,
    *,
    are_programs: bool = False,
    **environment: str,
) -> Iterator[Processes]:
    """Everything it keeps outside of the database lies below `place`."""
    mail_server.clear()
    socket = place / "valkey.sock"
    surroundings = {"database_url": database_url, "redis_url": f"unix://{socket}", "keys": place / "keys"}
    with (
        valkey.running(socket),
        Processes(
            place, mail_port=mail_server.port, are_programs=are_programs, **surroundings, **environment
        ) as running,
    ):
        running.manage("migrate", "-v0")
        running.start_web()
        running.start_worker()
        running.start_beat()
        running.wait(running.answers)
        yield running


@pytest.fixture
def parts(tmp_path: Path, transactional_db: None, mails: MailServer) -> Iterator[Processes]:
    """The parts that a test starts, on this test's own database, keys, Valkey and mail server.

    What the test writes through models and flows they see, and the other way round.
    """
    with Processes(tmp_path, mail_port=mails.port, **surroundings()) as running:
        yield running


@pytest.fixture(scope="module")
def web(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer
) -> Iterator[Processes]:
    """A web on the tests' database that a module's tests share, as they leave it running.

    Browsers say by a proxy's header where they sit.
    """
    place = tmp_path_factory.mktemp("web")
    with Processes(place, mail_port=mail_server.port, TRUSTED_PROXIES="1", **surroundings()) as running:
        running.start_web()
        running.wait(running.answers)
        yield running


@pytest.fixture
def many_connections(transactional_db: None) -> Iterator[None]:
    """One for each thread of a race: the product's pool would let eight at a time act."""
    if connection.vendor == "sqlite":
        yield
        return
    sizes = settings.DATABASES["default"]["OPTIONS"]["pool"]
    connection.pool.resize(1, 40)
    yield
    connection.pool.resize(sizes["min_size"], sizes["max_size"])


def surroundings() -> dict[str, Any]:
    """The database, broker and keys of the test itself."""
    return {
        "database_url": database_url(str(connection.settings_dict["NAME"])),
        "redis_url": settings.REDIS_URL,
        "keys": settings.KEYS_DIR,
    }


def database_url(name: str) -> str:
    """Of the database with this name, on the server that these tests run on."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    given = settings.DATABASES["default"]
    secret = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
    port = f":{given['PORT']}" if given["PORT"] else ""
    return f"postgresql://{given['USER']}{secret}@{given['HOST'].replace('/', '%2F')}{port}/{name}"
