"""What clients do: read pages, sign ours as a person does, fill in the bare forms, type codes that wait."""

from __future__ import annotations

import base64
import re
import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.crowds import Result
from benchmarks.lines import Answer, Line
from benchmarks.mails import Mails

VERSION = re.compile(rb'name="version" value="(\w+)"')
RECEIPT = re.compile(rb"(?:[2-9A-Z]{4}-){6}[2-9A-Z]{4}")
SHOWN = re.compile(rb'<data value="(\d+)"')
BYTES = 384  # of a hidden token
AHEAD = 8  # people of one client who wait for their mail while the next ones begin


@dataclass(frozen=True)
class Asked:
    """A request for a code that stands in a browser: what a confirmation begins with."""

    code: str
    cookies: dict[str, str]
    blinded: str = ""


@dataclass
class Waiting:
    number: int
    cookies: dict[str, str]
    forwarded: str
    seconds: float


class Reader:
    """Looks at pages, one after the other; tells the number that it was shown."""

    def __init__(self, port: int, paths: tuple[str, ...], numbers: Iterable[int]) -> None:
        self._line, self._paths, self._numbers = Line(port), paths, iter(numbers)

    def step(self) -> Result | None:
        number = next(self._numbers, None)
        if number is None:
            return None
        answer = self._line.get(self._paths[number % len(self._paths)])
        found = SHOWN.search(answer.body)
        shown = int(found[1]) if found else 0
        why = "" if answer.status == 200 else f"page {answer.status}"
        return Result(not why, answer.seconds, time.time(), shown, answer.seconds, why)

    def close(self) -> None:
        self._line.close()


@dataclass
class Signer:
    """Form, code from the sink, code page, receipt. Nobody else waits while a mail is on its way."""

    line: Line | int  # or the port that one leads to
    control: int
    path: str
    word: str  # in each address, so that no two runs share a mailbox
    numbers: Iterable[int]
    domain: str = "example.com"
    is_asking_only: bool = False
    ahead: int = AHEAD
    appear: str = "full"
    _waiting: deque[Waiting] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._line, self._mails = _line(self.line), Mails(self.control)
        self._people: Iterator[int] = iter(self.numbers)

    def step(self) -> Result | None:
        while len(self._waiting) < (1 if self.is_asking_only else self.ahead):
            number = next(self._people, None)
            if number is None:
                break
            waiting = self._ask(number)
            if isinstance(waiting, Result):
                return waiting
            self._waiting.append(waiting)
        if not self._waiting:
            return None
        waiting = self._waiting.popleft()
        if self.is_asking_only:
            return Result(True, waiting.seconds, time.time())
        return self._finish(waiting)

    def close(self) -> None:
        self._line.close()
        self._mails.close()

    def _address(self, number: int) -> str:
        return f"p{number}.{self.word}@{self.domain}"

    def _ask(self, number: int) -> Waiting | Result:
        self._line.forget(number)
        form = self._line.get(f"{self.path}sign/")
        version = VERSION.search(form.body)
        shown = {"appear": self.appear, "name": f"Person {self.word}", "role": "Engineer", "statement": ""}
        sent = self._line.post(
            f"{self.path}sign/",
            address=self._address(number),
            version=version[1].decode() if version else "",
            **shown,
        )
        seconds = form.seconds + sent.seconds
        if sent.status != 303:
            return _fault("sign", sent, seconds)
        if not self.is_asking_only:
            seconds += self._line.get(f"{self.path}code/").seconds
        return Waiting(number, self._line.cookies, self._line.forwarded, seconds)

    def _code(self, waiting: Waiting) -> str:
        """From the mail, in the browser that asked for it."""
        self._line.cookies, self._line.forwarded = waiting.cookies, waiting.forwarded
        return self._mails.code(self._address(waiting.number))

    def _finish(self, waiting: Waiting) -> Result:
        code = self._code(waiting)
        typed = self._line.post(f"{self.path}code/", code=code)
        acknowledged, seconds = time.time(), waiting.seconds + typed.seconds
        if typed.status != 303:
            return _fault("code", typed, seconds)
        page = self._line.get(f"{self.path}signed/")
        seconds += page.seconds
        if not RECEIPT.search(page.body):
            return _fault("receipt", page, seconds)
        return Result(True, seconds, acknowledged, last=typed.seconds)


@dataclass
class Holder(Signer):
    """Has a hidden token signed with the code instead."""

    appear: str = "anonymous"

    def _finish(self, waiting: Waiting) -> Result:
        hidden = base64.urlsafe_b64encode(b"\x40" + secrets.token_bytes(BYTES - 1)).decode().rstrip("=")
        fields = {"code": self._code(waiting), "blinded": hidden}
        answer = self._line.post(f"{self.path}token/", accept="application/json", **fields)
        if answer.status != 200:
            return _fault("token", answer, answer.seconds)
        return Result(True, waiting.seconds + answer.seconds, time.time(), last=answer.seconds)


class Filler:
    """The bare forms in as many requests: form, post, form, post that inserts, page."""

    def __init__(self, line: Line | int, numbers: Iterable[int]) -> None:
        self._line, self._numbers = _line(line), iter(numbers)

    def step(self) -> Result | None:
        number = next(self._numbers, None)
        if number is None:
            return None
        self._line.forget(number)
        fields = {"name": f"Person {number}", "role": "Engineer"}
        answers = [
            self._line.get("/first/"),
            self._line.post("/first/", **fields),
            self._line.get("/second/"),
            self._line.post("/second/", **fields),
            self._line.get("/page/"),
        ]
        seconds = sum(answer.seconds for answer in answers)
        is_good = [answer.status for answer in answers] == [200, 303, 200, 303, 200]
        return Result(is_good, seconds, time.time(), last=answers[3].seconds)

    def close(self) -> None:
        self._line.close()


class Typist:
    """Types codes that were asked for beforehand, or has hidden tokens signed with them."""

    def __init__(self, port: int, path: str, papers: list[Asked], numbers: Iterable[int]) -> None:
        self._line, self._path, self._papers = Line(port), path, papers
        self._numbers = iter(numbers)

    def step(self) -> Result | None:
        number = next(self._numbers, None)
        if number is None or number >= len(self._papers):
            return None
        paper = self._papers[number]
        self._line.forget(number)
        self._line.cookies = dict(paper.cookies)
        fields = {"code": paper.code} | ({"blinded": paper.blinded} if paper.blinded else {})
        answer = self._line.post(self._path, accept="application/json", **fields)
        wanted = 200 if paper.blinded else 303
        if answer.status != wanted:
            return _fault("code", answer, answer.seconds)
        return Result(True, answer.seconds, time.time(), last=answer.seconds)

    def close(self) -> None:
        self._line.close()


def _line(given: Line | int) -> Line:
    return Line(given) if isinstance(given, int) else given


def _fault(step: str, answer: Answer, seconds: float) -> Result:
    return Result(False, seconds, time.time(), why=f"{step} {answer.status}")
