"""Every shown number beside the rows: the page, the PDF, the API, the mail and the snapshots of a letter.

The rows are counted by a query of its own, so that a fault in the shared count is seen as well.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import resolve, reverse
from django.utils import timezone

from petitions.documents import letters as documents
from petitions.documents import pictures
from petitions.flows import deliveries
from petitions.mail import letter_context
from petitions.models import Letter, Mismatch, Recipient, Signature, Snapshot
from petitions.views import letters as pages

LOOKS = 3  # people sign while we look
ON_THE_PAGE = re.compile(r'<data value="(\d+)">')
IN_A_SENTENCE = re.compile(r"(\d[\d,]*) signatures?: (\d[\d,]*) named")
OF_A_PLACE = {
    "page, names in words": "named",
    "PDF, names": "readable",
    "bundle, names": "named",
}  # else the total
NONE = -1  # no number was found where one should be

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class Rows:
    """What the table holds of one letter."""

    total: int
    named: int
    readable: int  # named, and not forgotten since
    gone: int  # withdrawn, or declared invalid


@dataclass(frozen=True)
class Figure:
    """A number as somebody reads it, and the least and the most that it may be."""

    place: str
    shown: int
    least: int
    most: int

    @property
    def is_true(self) -> bool:
        return self.least <= self.shown <= self.most


def compare(letter: Letter) -> list[Figure]:
    """Keep what is wrong each time that we look, log an error for it, and tell operators and organizers."""
    wrong = look(letter)
    for _ in range(LOOKS - 1):
        if wrong:
            wrong = look(letter, lag=settings.COUNT_SECONDS)
    for figure in wrong:
        log.error(
            "A shown number is not what the rows say.",
            letter=letter.pk,
            place=figure.place,
            shown=figure.shown,
            counted=figure.most,
        )
    _keep(letter, wrong)
    return wrong


def look(letter: Letter, *, lag: float = 0) -> list[Figure]:
    """Whatever is shown must lie between the rows before and the rows after; it may lag so many seconds behind."""
    before = _count(letter)
    time.sleep(lag)
    shown = dict(_shown_now(letter))
    after = _count(letter)
    figures = [
        Figure(
            place, number, *sorted(getattr(rows, OF_A_PLACE.get(place, "total")) for rows in (before, after))
        )
        for place, number in shown.items()
    ]
    for snapshot in letter.snapshots.all().frozen().select_related("version", "letter"):
        figures += _of_a_snapshot(snapshot, after)
    return [figure for figure in figures if not figure.is_true]


def _count(letter: Letter) -> Rows:
    published = Q(state=Signature.State.PUBLISHED)
    named = published & Q(kind=Signature.Kind.NAMED)
    counted = Signature.objects.filter(letter=letter).aggregate(
        total=Count("pk", filter=published),
        named=Count("pk", filter=named),
        readable=Count("pk", filter=named & Q(receipt_hash__isnull=False)),
        gone=Count("pk", filter=~published),
    )
    return Rows(**counted)


def _shown_now(letter: Letter) -> Iterator[tuple[str, int]]:
    page = pages.letter(_request(), letter.slug).content.decode()
    yield "page", _found(ON_THE_PAGE, page, 1)
    yield "page, in words", _found(IN_A_SENTENCE, page, 1)
    yield "page, names in words", _found(IN_A_SENTENCE, page, 2)
    document = documents.current_document(letter, today=timezone.now().date())
    yield "PDF", _found(IN_A_SENTENCE, " ".join(document.count_lines), 1)
    yield "PDF, names", len(document.signatories)
    yield "API", _read("letter", letter)["count"]["total"]
    history = _read("history", letter)
    yield "API, history", sum(day["signatures"] for day in history["days"])
    yield "API, sum of history", history["total"]
    told = _read("bundle", letter)
    yield "bundle", told["count"]["total"]
    yield "bundle, names", len(told["named"])
    yield "bundle, rows", _rows_of(told)


def _read(name: str, letter: Letter) -> Any:
    """What the API answers at the address of this name."""
    found = resolve(reverse(f"api:{name}", args=[letter.slug]))
    return json.loads(b"".join(found.func(_request(), **found.kwargs)))


def _rows_of(told: dict[str, Any]) -> int:
    """Named and sealed signatures stand there one by one, those by policy as a number."""
    return len(told["named"]) + len(told["sealed"]) + int(told["count"]["anonymous"]["by_policy"])


def _of_a_snapshot(snapshot: Snapshot, rows: Rows) -> Iterator[Figure]:
    """Who is gone since is in it still; while its list is kept, list, number and hash are one."""
    count = snapshot.count or {}
    place = f"snapshot {snapshot.number}"
    total, named = int(count["total"]), int(count["named"])
    came_back = snapshot.letter.waiting.count()  # withdrawn since, and back in the queue
    yield Figure(place, total, 0, rows.total + rows.gone + came_back)
    yield _equal(f"{place}, sum of kinds", named + sum(count["anonymous"].values()), total)
    yield _equal(f"{place}, sum of proofs", sum(count["by_proof"].values()), total)
    yield _equal(f"{place}, mail", _found(IN_A_SENTENCE, _mailed(snapshot), 1), total)
    if snapshot.names is not None:
        yield _equal(f"{place}, list", len(snapshot.names), named)
        is_same = pictures.digest(snapshot, count, snapshot.names) == snapshot.sha256
        yield _equal(f"{place}, hash", int(is_same), 1)


def _mailed(snapshot: Snapshot) -> str:
    """In one line. To whom it goes and what its PDF lists is not looked up: it says no number."""
    context = letter_context(snapshot.letter, snapshot) | {"recipient": Recipient(), "has_names": True}
    return " ".join(render_to_string("emails/letter.txt", context).split())


def _equal(place: str, shown: int, counted: int) -> Figure:
    return Figure(place, shown, counted, counted)


def _found(pattern: re.Pattern[str], text: str, group: int) -> int:
    found = pattern.search(text)
    return int(found[group].replace(",", "")) if found else NONE


def _request() -> HttpRequest:
    """As a stranger asks."""
    request = HttpRequest()
    site = urlsplit(settings.SITE_URL)
    request.method = "GET"
    request.META = {"SERVER_NAME": site.hostname or "", "SERVER_PORT": str(site.port or 443)}
    return request


@transaction.atomic
def _keep(letter: Letter, wrong: list[Figure]) -> None:
    """Only what is wrong now; whoever is concerned is told once a day."""
    letter.mismatches.all().delete()
    for figure in wrong:
        Mismatch.objects.create(letter=letter, place=figure.place, shown=figure.shown, counted=figure.most)
    if wrong:
        deliveries.tell_of_mismatch(letter, day=timezone.now().date())
