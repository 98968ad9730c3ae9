"""A full disk or a locked database says so, loses nothing that was typed, and is over without anybody's help."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from html import unescape
from pathlib import Path

import psutil
import pytest

from tests import valkey
from tests.mailserver import MailServer
from tests.promises.processes import CELERY, Processes
from tests.promises.visitor import HIDDEN, Page, Visitor

pytestmark = [pytest.mark.processes, pytest.mark.on("sqlite"), pytest.mark.promise("P29")]

SIZE = 16  # MB
STORED = "SELECT name FROM petitions_signature WHERE state = 'published' ORDER BY name"
PREPARED = """
from django.core.management import call_command
from tests.factories import make_letter, make_user
from accounts.models import User
call_command("migrate", verbosity=0)
letter = make_letter(slug="rush", owner=make_user("owner@example.org"))
make_letter(slug="due", owner=letter.memberships.get().user)
"""
STATE_OF_DUE = "SELECT state FROM petitions_letter WHERE slug = 'due'"
PULSES = "SELECT part FROM petitions_heartbeat WHERE seen_at > datetime('now', '-3 seconds') ORDER BY part"
LETTER = "/letters/rush/"
TYPED = {"appear": "full", "name": 'Ada "Byron" Lovelace', "statement": "Two\r\nlines", "role": ""}


class Stage:
    """Web, worker and beat whose files all lie in one place."""

    def __init__(self, site: Processes, place: Path, mails: MailServer, *, is_small: bool) -> None:
        self.site, self.place, self.mails, self.is_small = site, place, mails, is_small
        self.database = place / "own.sqlite3"
        self.acknowledged = 0

    def rows(self, query: str) -> list[str]:
        with contextlib.closing(sqlite3.connect(self.database)) as file:
            return [row[0] for row in file.execute(query).fetchall()]

    def ask(self, visitor: Visitor, address: str) -> Page:
        return visitor.post(f"{LETTER}sign/", **TYPED, address=address)

    def type_code(self, visitor: Visitor, address: str) -> Page:
        sent = self.mails.code(address)
        answer = visitor.post(f"{LETTER}code/", code=sent)
        if answer.status == 200 and "/signed/" in answer.url:
            self.acknowledged += 1
        return answer

    def processes(self, *names: str) -> list[psutil.Process]:
        first = [psutil.Process(self.site.running[name].pid) for name in names or self.site.running]
        return [each for one in first for each in (one, *one.children(recursive=True))]

    def says(self, part: str, *words: str) -> bool:
        log = (self.site.place / f"{part}.log").read_text()
        return all(word in log for word in words)

    def is_at_work(self) -> bool:
        """Beat tells it itself, the worker by a task from each of its queues."""
        return self.rows(PULSES) == ["beat", "sender", "worker"]

    @contextlib.contextmanager
    def worker_and_beat_held(self) -> Iterator[sqlite3.Connection]:
        """They stand still and hold no lock, which is ours."""
        groups = [self.site.running[name].pid for name in ("worker", "beat")]
        with contextlib.closing(sqlite3.connect(self.database, timeout=30, isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            for group in groups:
                os.killpg(group, signal.SIGSTOP)
            try:
                yield file
            finally:
                for group in groups:
                    os.killpg(group, signal.SIGCONT)


@contextlib.contextmanager
def small_disk(disk: Path) -> Iterator[bool]:
    """A disk of its own for all that is kept, where this machine lets us mount one."""
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "none", str(disk)]
    is_mounted = not os.geteuid() and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer) -> Iterator[Stage]:
    log = tmp_path_factory.mktemp("storage")
    place, socket = log / "disk", log / "valkey.sock"
    surroundings = {"redis_url": f"unix://{socket}", "keys": place / "keys", "mail_port": mail_server.port}
    url = f"sqlite:///{place / 'own.sqlite3'}"
    with (
        small_disk(place) as is_small,
        valkey.running(socket),
        Processes(
            log,
            database_url=url,
            CODE_WAIT_SECONDS="0",
            HEARTBEAT_SECONDS="6",
            SWEEP_SECONDS="2",
            **surroundings,
        ) as site,
    ):
        site.manage("shell", "-v0", "-c", PREPARED)
        site.start_web(workers=1)
        site.start_worker()
        site.start("beat", *CELERY, "beat", "-s", str(place / "schedule"), "--pidfile=", "-l", "warning")
        stage = Stage(site, place, mail_server, is_small=is_small)
        site.wait(lambda: site.answers() and stage.is_at_work())
        yield stage


def fill(disk: Path) -> Path:
    """To the last byte."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return ballast


def again(visitor: Visitor, path: str, page: Page) -> Page:
    """What its button does."""
    fields = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    return visitor.send(path, **fields)


def says_so(page: Page) -> bool:
    found = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    assert page.status == 503
    assert "What you typed is not lost" in page.text
    assert {name: found[name] for name in TYPED} == TYPED
    assert not re.search("Traceback|SQLITE|disk", page.text)
    return page.headers["Retry-After"] == "30"


def test_a_full_disk_says_so_and_is_over_when_there_is_room(stage, mail_server, figures):
    """Acknowledged is what is stored, nothing else, and the same processes go on."""
    before, ada, grace = stage.processes(), Visitor(stage.site.url), Visitor(stage.site.url)
    assert stage.ask(ada, "ada@example.test").status == 200
    code_of_ada = mail_server.code("ada@example.test")
    form, typing = grace.hidden(f"{LETTER}sign/"), ada.hidden(f"{LETTER}code/")

    with stage.worker_and_beat_held() as file:
        file.execute(
            "UPDATE petitions_letter SET closes_at = datetime('now', '-1 second') WHERE slug = 'due'"
        )
        file.execute("COMMIT")
        assert file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0  # it would still have room
        make_room = take_room(stage)
    refused = grace.send(f"{LETTER}sign/", **form, **TYPED, address="grace@example.test")
    assert says_so(refused)
    assert says_so(again(grace, f"{LETTER}sign/", refused))
    typed = ada.send(f"{LETTER}code/", **typing, code=code_of_ada)
    assert (typed.status, typed.headers["Retry-After"]) == (503, "30")
    read = [grace.get(path).status for path in ("/", LETTER, f"{LETTER}signatures/", "/healthz")]
    assert (read, stage.rows(STORED)) == ([200] * 4, [])
    worker_and_beat_say_so(stage)

    make_room()
    assert again(grace, f"{LETTER}sign/", refused).status == 200
    stage.type_code(grace, "grace@example.test")
    sent_again = again(ada, f"{LETTER}code/", typed)
    assert (sent_again.status, sent_again.url.endswith("/signed/")) == (200, True)
    figures(disk="full" if stage.is_small else "may not grow", stored=len(stage.rows(STORED)))
    assert stage.rows(STORED) == [TYPED["name"]] * 2
    stage.site.wait(lambda: stage.rows(STATE_OF_DUE) == ["closed"] and stage.is_at_work())
    mail_server.wait(lambda: len(mail_server.to("owner@example.org")) == 1)
    assert (stage.acknowledged, stage.processes()) == (1, before)
    assert stage.rows("PRAGMA integrity_check") == ["ok"]


def worker_and_beat_say_so(stage: Stage) -> None:
    """Nothing of what was due is done or half done. Their logs are where no file may grow either, if need be."""
    if stage.is_small:
        stage.site.wait(lambda: stage.says("worker", "OperationalError"))
        stage.site.wait(lambda: stage.says("beat", "The clock could not tell the database that it goes."))
    assert stage.rows(STATE_OF_DUE) == ["open"]
    assert stage.mails.to("owner@example.org") == []


def take_room(stage: Stage) -> Callable[[], object]:
    """And give it back by what is returned. Where no disk can be made, no file of ours may grow."""
    if stage.is_small:
        return fill(stage.place).unlink
    free = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    for each in stage.processes():
        resource.prlimit(each.pid, resource.RLIMIT_FSIZE, (1, free[1]))
    return lambda: [resource.prlimit(each.pid, resource.RLIMIT_FSIZE, free) for each in stage.processes()]


def test_a_locked_database_makes_people_wait_and_then_says_so(stage, figures):
    """Whoever copies or mends the file by hand holds its lock. Reading goes on."""
    earlier, ada, grace = stage.rows(STORED), Visitor(stage.site.url), Visitor(stage.site.url)
    forms = [visitor.hidden(f"{LETTER}sign/") for visitor in (ada, grace)]
    ask = [
        partial(visitor.send, f"{LETTER}sign/", **form, **TYPED, address=f"locked{n}@example.test")
        for n, (visitor, form) in enumerate(zip((ada, grace), forms, strict=True))
    ]
    with (
        ThreadPoolExecutor(2) as aside,
        contextlib.closing(sqlite3.connect(stage.database, timeout=30, isolation_level=None)) as holder,
    ):
        holder.execute("BEGIN IMMEDIATE")
        first = aside.submit(ask[0])
        assert Visitor(stage.site.url).get(LETTER).status == 200
        refused = first.result()
        assert says_so(refused)
        waiting = aside.submit(ask[1])
        wait([waiting], timeout=0.5)
        assert not waiting.done()
        holder.execute("ROLLBACK")
        assert waiting.result().status == 200
    assert again(ada, f"{LETTER}sign/", refused).status == 200
    assert stage.type_code(grace, "locked1@example.test").status == 200
    assert stage.type_code(ada, "locked0@example.test").status == 200
    stage.site.wait(stage.is_at_work)
    figures(stored_after_the_lock=2)
    assert stage.rows(STORED) == [*earlier, *[TYPED["name"]] * 2]


def test_a_web_ends_though_somebody_never_ends_their_body(stage):
    """Asked to stop, it waits for what it was asked, but not for ever. The last one here: the web is gone then."""
    visitor = Visitor(stage.site.url)
    visitor.get(f"{LETTER}sign/")
    headers = {
        "Host": f"localhost:{stage.site.port}",
        "Cookie": f"csrf={visitor.cookie('csrf')}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": "1000",
        "Expect": "100-continue",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    web = stage.processes("web")
    with socket.create_connection(("localhost", stage.site.port)) as connection:
        connection.sendall(f"POST {LETTER}sign/ HTTP/1.1\r\n{head}\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")  # it reads
        connection.sendall(b"name=")
        stage.site.end("web")

    assert [process for process in web if process.is_running()] == []
