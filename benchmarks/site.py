"""Where the parts are that this process measures, as its environment says, and the letters in them."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.forms import Form
from benchmarks.mails import Mails
from petitions.models import Letter, Mark, Signature


@dataclass
class Site:
    form: Form
    letters: dict[int, Letter] = field(default_factory=dict)  # by how many had signed when it was seeded

    def __post_init__(self) -> None:
        self.url = os.environ["SITE_URL"]
        self.port = urlsplit(self.url).port or 80
        self.bare = int(os.environ["BENCH_BARE"])
        self.control = int(os.environ["BENCH_CONTROL"])
        self.web_pid = int(os.environ["BENCH_WEB_PID"])
        self.mails = Mails(self.control)

    @property
    def largest(self) -> Letter:
        return self.letters[self.form.largest]

    def median(self, measure: Callable[[int], float]) -> float:
        return statistics.median(measure(number) for number in range(self.form.runs))

    def seconds(self, work: Callable[[], object]) -> float:
        """The median of a few runs."""
        return self.median(lambda _number: timed(work))


@dataclass(frozen=True)
class Counted:
    """What was there at a moment: rows of a letter, and mails that left."""

    signatures: int
    marks: int
    mails: int

    @classmethod
    def now(cls, site: Site, letter: Letter, *, mails: int = 0) -> Counted:
        """Once so many mails are there, if some are expected."""
        return cls(
            Signature.objects.filter(letter=letter).count() + letter.waiting.count(),
            Mark.objects.filter(letter=letter).count(),
            site.mails.settled(mails) if mails else site.mails.count(),
        )

    def since(self, before: Counted) -> Counted:
        return Counted(
            self.signatures - before.signatures, self.marks - before.marks, self.mails - before.mails
        )


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
