"""What is taken away: the table of all signatures, and the letter as a PDF."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import psutil
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from benchmarks.site import Site
from benchmarks.table import Line
from petitions.documents import letters as documents
from petitions.documents import pdf
from petitions.models import Letter

SHARE, MEMORY = 1.5, 20
PAPER = (0.15, 6.0)  # seconds for the two lengths
PIECE = 1 << 16
MIB = 1 << 20


def csv(site: Site) -> Iterator[Line]:
    """The middle letter's names, over HTTP as an organizer gets them, and as many rows from the bare app."""
    letter = site.letters[site.form.sizes[1]]
    rows = letter.signatures.all().named().count()
    ours, bare, grown, lines = [], [], [], 0
    for _ in range(site.form.runs):
        before = _memory(site.web_pid)
        with _watched(site.web_pid) as memory:
            taken, lines = _exported(site, letter)
        ours.append(taken)
        grown.append(memory.most - before)
        bare.append(
            _streamed(HTTPConnection("localhost", site.bare, timeout=120), "GET", f"/rows.csv?rows={rows}")[0]
        )
    seconds, usual = sorted(ours)[len(ours) // 2], sorted(bare)[len(bare) // 2]
    is_whole = lines == rows + 1
    yield Line(
        f"CSV of {rows:,} names",
        f"{seconds:.2f} s",
        f"{usual:.2f} s",
        seconds / usual,
        "≤ 1.50",
        seconds / usual <= SHARE and is_whole,
        "" if is_whole else f"{lines} lines",
    )
    most = max(grown) / MIB
    yield Line(
        "memory of the web while it is read",
        f"+ {most:.0f} MiB",
        target="≤ 20 MiB",
        is_reached=most <= MEMORY,
    )


def paper(site: Site) -> Iterator[Line]:
    """Each length as the worker prints it."""
    document = documents.current_document(site.letters[site.form.sizes[0]], today=timezone.now().date())
    for number, limit in zip(site.form.paper, PAPER, strict=True):
        names = [f"Person {each}, Engineer" for each in range(number)]
        longer = replace(document, signatories=names)
        what = f"PDF with {number:,} names"
        pdf.letter_pdf(longer)  # the program and its fonts are read from the disk once
        seconds = site.seconds(lambda longer=longer: pdf.letter_pdf(longer))
        yield Line(what, f"{seconds:.2f} s", target=f"< {limit} s", is_reached=seconds < limit)


def _exported(site: Site, letter: Letter) -> tuple[float, int]:
    owner = letter.memberships.get().user
    session = SessionStore()
    session["_auth_user_id"] = str(owner.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = owner.get_session_auth_hash()
    session.create()
    token = "c" * 32
    headers = {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={token}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    line = HTTPConnection("localhost", urlsplit(site.url).port or 80, timeout=120)
    path = f"/admin/petitions/letter/{letter.pk}/signatures/export/"
    return _streamed(line, "POST", path, urlencode({"csrfmiddlewaretoken": token}), headers)


def _streamed(
    line: HTTPConnection,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[float, int]:
    """Seconds to the last byte, and how many lines came."""
    began, lines = time.perf_counter(), 0
    line.request(method, path, body, headers or {})
    answer = line.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    while piece := answer.read(PIECE):
        lines += piece.count(b"\n")
    line.close()
    return time.perf_counter() - began, lines


def _memory(pid: int) -> int:
    """Of the process and its children, each shared page counted once."""
    main = psutil.Process(pid)
    return sum(each.memory_full_info().pss for each in [main, *main.children(recursive=True)])


class _watched:  # noqa: N801 - reads as a word of the sentence
    """The most memory that a process and its children had meanwhile."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._pid, self._is_over = pid, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(5)

    def _look(self) -> None:
        while not self._is_over.wait(0.05):
            self.most = max(self.most, _memory(self._pid))
