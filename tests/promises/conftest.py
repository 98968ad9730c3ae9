from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from tests import valkey
from tests.mailserver import MailServer
from tests.promises.site import Site


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database on the server that these tests run on."""
    given = settings.DATABASES["default"]
    if given["ENGINE"].endswith("sqlite3"):
        yield f"sqlite:///{tmp_path / 'site.sqlite3'}"
        return
    name = f"site_{uuid.uuid4().hex[:12]}"
    where = {"host": given["HOST"], "user": given["USER"], "password": given["PASSWORD"] or None}
    port = f":{given['PORT']}" if given["PORT"] else ""
    with psycopg.connect(dbname="postgres", port=given["PORT"] or None, autocommit=True, **where) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        secret = f":{given['PASSWORD']}" if given["PASSWORD"] else ""
        yield f"postgresql://{given['USER']}{secret}@{given['HOST'].replace('/', '%2F')}{port}/{name}"
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def site(tmp_path: Path, own_database: str, mail_server: MailServer) -> Iterator[Site]:
    """Web, worker and beat as processes of their own, with a broker and a mail server of their own."""
    mail_server.clear()
    socket = tmp_path / "valkey.sock"
    with (
        valkey.running(socket),
        Site(
            tmp_path, database_url=own_database, redis_url=f"unix://{socket}", mail_port=mail_server.port
        ) as running,
    ):
        yield running
