"""The running site that all cases share: one web on the tests' database, and people who visit it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from django.test import Client

from accounts.models import User
from petitions.models import Letter, Signature
from tests.factories import make_letter
from tests.mailserver import MailServer
from tests.promises.processes import Processes
from tests.weather import wire
from tests.weather.wire import Answer, Cookies

FIELDS = {"appear": "full", "name": "Ada Lovelace", "role": "", "statement": ""}


@dataclass(frozen=True)
class Measure:
    """What the web's process has used."""

    memory: int  # bytes, the most since the last measure
    logged: int


class Site:
    def __init__(self, processes: Processes, mails: MailServer) -> None:
        self.processes, self.mails = processes, mails
        self.url, self.port = processes.url, processes.port
        self.answers: list[Answer] = []
        self.is_at_fault = False  # this case makes it fail
        self.slowest = 0.0  # seconds of the web's own time for one answer
        self._log = Path(processes.place / "web.log")
        self._may_be_on_its_way = False
        self._found: list[psutil.Process] = []
        self._started_at = 0
        self._sentinels = 0
        self._sentinel_letter: Letter | None = None

    def begin(self) -> Measure:
        """A case."""
        self.answers.clear()
        self.is_at_fault = False
        self.slowest = 0.0
        return self.measure()

    def ask(
        self,
        method: str,
        target: str,
        headers: wire.Headers = (),
        body: bytes = b"",
        *,
        host: str = "",
        patience: float = wire.PATIENCE,
    ) -> Answer:
        before = self.cpu()
        found = wire.send(
            self.port,
            wire.request(method, target, [("Host", host or f"localhost:{self.port}"), *headers], body),
            method=method,
            patience=patience,
        )
        assert found is not None, f"{method} {target[:80]} got no answer"
        self._may_be_on_its_way |= method == "POST" and found.status == 303
        self.answers.append(found)
        self.slowest = max(self.slowest, self.cpu() - before)
        return found

    def cpu(self) -> float:
        """Seconds of the web's own time, which other work on this machine does not stretch."""
        return sum(used.user + used.system for used in (worker.cpu_times() for worker in self._workers()))

    def _workers(self) -> list[psutil.Process]:
        """Looked for again when one has gone: the search reads of every process on this machine."""
        if not self._found or not all(map(_runs, self._found)):
            self._found = psutil.Process(self.processes.running["web"].pid).children()
        return self._found

    def measure(self) -> Measure:
        """And begin the most of memory anew."""
        return Measure(sum(_peak(worker.pid) for worker in self._workers()), self._log.stat().st_size)

    def logged_since(self, measure: Measure) -> str:
        return self._log.read_bytes()[max(measure.logged, self._started_at) :].decode(errors="replace")

    def kill_and_start(self) -> None:
        """What the server says of itself at its start is nothing that a case has caused."""
        self.processes.kill("web")
        self.processes.start_web(workers=1)
        self.processes.wait(self.processes.answers)
        self._started_at = self._log.stat().st_size

    def is_alive(self) -> bool:
        return self.ask("GET", "/healthz").status == 200

    def settle(self) -> None:
        """So that no mail of this case arrives in the next one."""
        if self._may_be_on_its_way:
            self.mails_but()

    def mails_but(self, *expected: str) -> list[str]:
        """To whom else mail went. A code that is asked for now is the last one: nothing is still on its way."""
        self._sentinels += 1
        self._sentinel_letter = self._sentinel_letter or make_letter(slug="sentinel")
        last = f"sentinel{self._sentinels}@example.test"
        Person(self).ask_to_sign(self._sentinel_letter, address=last)
        self.mails.wait(lambda: self.mails.to(last))
        self._may_be_on_its_way = False
        return sorted({mail["X-Envelope-To"] for mail in self.mails.mails} - {last, *expected})


def _runs(process: psutil.Process) -> bool:
    """One that was killed may still be there for a moment, and holds nothing."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _peak(pid: int) -> int:
    """The most memory it held since this was asked before."""
    place = Path(f"/proc/{pid}")
    found = re.search(r"VmHWM:\s+(\d+) kB", (place / "status").read_text())
    (place / "clear_refs").write_text("5")
    return int(found[1]) * 1024 if found else 0


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, site: Site, *, user: User | None = None) -> None:
        self.site, self.cookies = site, Cookies()
        if user:
            client = Client()
            client.force_login(user)
            self.cookies.kept["session"] = client.cookies["session"].value

    def get(self, target: str, *headers: tuple[str, str], method: str = "GET") -> Answer:
        return self._ask(method, target, headers)

    def post(self, target: str, fields: dict[str, Any], *headers: tuple[str, str]) -> Answer:
        return self.post_body(
            target, wire.form({"csrfmiddlewaretoken": self.cookies.secret} | fields), *headers
        )

    def post_body(self, target: str, body: bytes, *headers: tuple[str, str], kind: str = wire.FORM) -> Answer:
        return self._ask("POST", target, [("Content-Type", kind), *headers], body)

    def _ask(self, method: str, target: str, headers: Any, body: bytes = b"") -> Answer:
        cookie = ("Cookie", self.cookies.header())
        answer = self.site.ask(method, target, [cookie, *headers], body)
        self.cookies.take(answer)
        return answer

    def ask_to_sign(self, letter: Letter, **fields: Any) -> Answer:
        given = FIELDS | {"address": "ada@example.test"} | fields
        return self.post(f"/letters/{letter.slug}/sign/", given)

    def type_code(self, letter: Letter, code: str) -> Answer:
        return self.post(f"/letters/{letter.slug}/code/", {"code": code})

    def sign(self, letter: Letter, address: str = "ada@example.test", **fields: Any) -> Answer:
        """From the form to the answer after the code."""
        sent = len(self.site.mails.to(address))
        asked = self.ask_to_sign(letter, address=address, **fields)
        assert asked.status == 303, asked.status
        return self.type_code(letter, self.site.mails.code(address, number=sent + 1))

    def receipt(self, letter: Letter) -> str:
        page = self.get(f"/letters/{letter.slug}/signed/").text
        found = re.search(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}\b", page)
        assert found
        return found[0]


class Counted:
    """Rows and the number that pages show, before and after."""

    def __init__(self, site: Site, letter: Letter) -> None:
        self.site, self.letter = site, letter
        self.rows, self.number = self._rows(), self.shown()

    def _rows(self) -> int:
        return Signature.objects.filter(letter=self.letter).count()

    def shown(self) -> int:
        found = re.search(
            r'"total": ?(\d+)', self.site.ask("GET", f"/api/v1/letters/{self.letter.slug}/").text
        )
        assert found
        return int(found[1])

    def delta(self) -> dict[str, int]:
        return {"rows_delta": self._rows() - self.rows, "count_delta": self.shown() - self.number}


@contextmanager
def running(place: Path, mails: MailServer, **surroundings: Any) -> Iterator[Site]:
    """One worker, so that what it used is seen in one process; a proxy says where visitors sit."""
    environment = {
        "TRUSTED_PROXIES": "1",
        "COUNT_SECONDS": "0",
        "CODE_WAIT_SECONDS": "0",
        "SECOND_FACTOR_REQUIRED": "false",
    }
    with Processes(place, mail_port=mails.port, **surroundings, **environment) as processes:
        processes.start_web(workers=1)
        processes.wait(processes.answers)
        yield Site(processes, mails)
