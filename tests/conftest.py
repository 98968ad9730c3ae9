from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings as configured
from django.core.cache import cache
from django.db import connection
from django.template import Template

from petitions import cache as remembered
from petitions import codes, erasures, holding, limits, recent
from petitions.crypto import blind
from petitions.documents import typesetting
from petitions.flows import restores
from petitions.models import pieces, searches
from petitions.views import remembered as pages
from tests import valkey
from tests.mailserver import MailServer
from tests.promises.sizes import IS_FULL

RENDER = Template._render  # before the test environment puts its own in its place
DATABASES = {"db", "transactional_db", "own_database"}  # the fixtures that open one


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs with the other database, so that it is neither run nor counted twice."""
    kept = [item for item in items if runs_on(item, connection.vendor) and is_asked_for(item)]
    if others := set(items) - set(kept):
        config.hook.pytest_deselected(items=list(others))
        items[:] = kept


def runs_on(item: pytest.Item, vendor: str) -> bool:
    """What sees no database would be the same on each: it runs beside SQLite alone."""
    if chosen := [mark.args[0] for mark in item.iter_markers("on")]:
        return chosen == [vendor]
    return vendor == "sqlite" or sees_database(item)


def is_asked_for(item: pytest.Item) -> bool:
    return IS_FULL or not item.get_closest_marker("full")


def sees_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("django_db") or item.get_closest_marker("processes"):
        return True
    return not DATABASES.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_report_header() -> str:
    return f"database: {connection.vendor}"


def pytest_collection_finish() -> None:
    """What was imported stays to the end: a collection need not look at it again, nor after every 700 objects."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def templates_render_as_in_production(django_test_environment: None) -> None:
    """No test reads `response.context`, which costs a copy of it for each widget of each page."""
    Template._render = RENDER


@pytest.fixture(scope="session", autouse=True)
def disk_is_not_waited_for() -> None:
    """No test cuts the power, and the tests' PostgreSQL does not wait either: each letter's keys are six waits."""
    os.fsync = lambda _file: None


@pytest.fixture(scope="session", autouse=True)
def valkey_server() -> Iterator[None]:
    socket = configured.REDIS_URL.removeprefix("unix://")
    with valkey.running(Path(socket)):
        yield


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def papers_wait_for_each_other() -> None:
    """All runs on a machine take turns at them, and none is in a hurry."""
    typesetting.PATIENCE = typesetting.SECONDS = 300.0


@pytest.fixture(autouse=True)
def mails(mail_server, settings) -> Iterator[MailServer]:
    """The mail server, empty, with the product connected to it.

    For all tests, and left when the last code is out: the sender keeps its connections from one test to the next.
    """
    mail_server.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = mail_server.port
    yield mail_server
    codes.sender.drain(5)


@pytest.fixture(autouse=True)
def fresh_cache(monkeypatch) -> None:
    """Nothing counted or remembered, and no test's lost Redis held against the next one's."""
    monkeypatch.setattr(remembered, "_silent_until", 0.0)
    monkeypatch.setattr(limits, "_silent_until", 0.0)
    cache.clear()
    pages.forget()
    recent.forget()
    pieces.forget()
    searches.forget()


@pytest.fixture(scope="session")
def drawn_key() -> rsa.RSAPrivateKey:
    return blind.new_key()


@pytest.fixture(autouse=True)
def keys_are_drawn_once(drawn_key, monkeypatch) -> None:
    """A real key, the same for every letter: drawing one takes as long as a whole test."""
    monkeypatch.setattr(blind, "new_key", lambda: drawn_key)


@pytest.fixture(autouse=True)
def first_start() -> None:
    """Each test's database is the first that its installation sees."""
    (configured.KEYS_DIR / restores.REMEMBERED).unlink(missing_ok=True)
    shutil.rmtree(configured.KEYS_DIR / erasures.FOLDER, ignore_errors=True)
    holding.show(*holding.Held)
