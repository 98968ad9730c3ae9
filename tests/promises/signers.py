"""People who sign over HTTP, many at the same time, each with a browser of their own."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from petitions import pending
from petitions.flows import proofs
from petitions.models import Appear, Letter
from tests.mailserver import CODE, MailServer

PATIENCE = 30  # seconds for one answer
RETRY_AFTER = 0.1
LOST_AFTER = 3  # seconds without a mail: its code died with the process that held it


@dataclass(frozen=True)
class Answer:
    """What came back. Status 0: nothing did."""

    status: int = 0
    location: str = ""
    text: str = ""
    seconds: float = 0.0

    @property
    def is_an_answer(self) -> bool:
        """Not a lost line and not a fault of the server's, after which a person tries again."""
        return 0 < self.status < 500


class Browser:
    """Keeps cookies and its line, follows nothing, and sits at a network address of its own.

    The address reaches the web as it does in production: in the header of one trusted proxy.
    """

    numbers = itertools.count(1)

    def __init__(self, url: str, cookies: dict[str, str] | None = None) -> None:
        number = next(self.numbers)
        self.cookies = dict(cookies or {})
        self._forwarded = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self._line = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port, timeout=PATIENCE)

    def get(self, path: str) -> Answer:
        return self._answer("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        return self._answer("POST", path, csrfmiddlewaretoken=self.cookies.get("csrf", ""), **fields)

    def close(self) -> None:
        self._line.close()

    def _answer(self, method: str, path: str, **fields: str) -> Answer:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-Forwarded-For": self._forwarded,
        }
        began = time.monotonic()
        try:
            self._line.request(method, path, urlencode(fields) or None, headers)
            response = self._line.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException):
            self._line.close()
            return Answer(seconds=time.monotonic() - began)
        self._keep(response.headers.get_all("Set-Cookie") or [])
        location = response.headers.get("Location", "")
        return Answer(response.status, location, text, time.monotonic() - began)

    def _keep(self, lines: Iterable[str]) -> None:
        for line in lines:
            for name, cookie in SimpleCookie(line).items():
                self.cookies[name] = cookie.value
                if cookie["max-age"] == "0" or not cookie.value:
                    del self.cookies[name]


class Inbox:
    """The codes that arrived, by the address on the envelope: each mail is looked at once."""

    def __init__(self, mails: MailServer) -> None:
        self._mails, self._seen, self._codes = mails, 0, dict[str, list[str]]()
        self._sorting = threading.Lock()

    def codes(self, address: str) -> list[str]:
        with self._sorting:
            for mail in self._mails.mails[self._seen :]:
                code = CODE.search(mail.get_body(("plain",)).get_content())
                self._codes.setdefault(mail["X-Envelope-To"], []).append(code[1] if code else "")
                self._seen += 1
        return self._codes.get(address, [])

    def next_code(self, address: str, *, after: int, seconds: float) -> str:
        """The newest code once there are more than `after`; nothing when none comes."""
        try:
            return self._mails.wait(lambda: self.codes(address)[after:], seconds)[-1]
        except AssertionError:
            return ""


@dataclass
class Signer:
    """One person, one mailbox. What was not answered is repeated, as people do."""

    url: str
    path: str  # of the letter
    inbox: Inbox
    name: str
    address: str
    mailed_to: str = ""  # as the mail server sees the address, where it was typed otherwise
    is_acknowledged: bool = False
    is_refused: bool = False  # this mailbox has signed before
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.browser = Browser(self.url)

    def read(self, page: str = "") -> Answer:
        return self._noted(self.browser.get(f"{self.path}{page}"))

    def ask(self, *, patience: float) -> str:
        """Fill in the form. The code that arrives, or nothing."""
        mailbox = self.mailed_to or self.address
        before = len(self.inbox.codes(mailbox))
        self.read("sign/")
        shown = {"appear": "full", "name": self.name, "role": "", "statement": ""}
        asked = self._noted(self.browser.post(f"{self.path}sign/", address=self.address, **shown))
        return self.inbox.next_code(mailbox, after=before, seconds=patience) if asked.status == 303 else ""

    def type(self, code: str) -> Answer:
        answer = self._noted(self.browser.post(f"{self.path}code/", code=code))
        self.is_acknowledged = self.is_acknowledged or is_acknowledged(answer)
        self.is_refused = self.is_refused or "already signed" in answer.text
        return answer

    def sign(self) -> None:
        """Each step once."""
        self.type(self.ask(patience=PATIENCE))

    def sign_at_last(self, limit: float) -> None:
        """Until the answer is yes or no, through every fault; given up when the clock is at `limit`."""
        while not self.has_ended and time.monotonic() < limit:
            code = self.ask(patience=LOST_AFTER)
            while code and not self.type(code).is_an_answer and time.monotonic() < limit:
                time.sleep(RETRY_AFTER)
            if not self.has_ended:
                time.sleep(RETRY_AFTER)
        self.browser.close()

    @property
    def has_ended(self) -> bool:
        return self.is_acknowledged or self.is_refused

    @property
    def unanswered(self) -> int:
        return sum(not answer.is_an_answer for answer in self.answers)

    def _noted(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        return answer


@dataclass(frozen=True)
class Asked:
    """What the sign page leaves behind: a browser's cookies, the code that was mailed, the receipt inside."""

    cookies: dict[str, str]
    code: str
    receipt: str


def asked(letter: Letter, address: str, *, name: str = "", appear: str = Appear.FULL) -> Asked:
    request, code = proofs.challenge(letter, purpose="sign", address=address, appear=appear, name=name)
    cookies = {pending.cookie_name("sign"): pending.seal(letter, request), "csrf": "c" * 32}
    return Asked(cookies, code, request.receipt)


def typing(url: str, letter: Letter, paper: Asked) -> Callable[[], Answer]:
    """Somebody before the page for the code, connected and ready to press."""
    browser = Browser(url, paper.cookies)
    assert browser.get("/healthz").status == 200
    return lambda: browser.post(f"{letter.get_absolute_url()}code/", code=paper.code)


def is_acknowledged(answer: Answer) -> bool:
    return answer.status == 303 and answer.location.endswith("/signed/")
