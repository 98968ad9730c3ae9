"""What a worker does in a letter's lock: publishing anonymous signatures, closing; and the recount."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.db import transaction

from benchmarks import seeds
from benchmarks.site import Site, timed
from benchmarks.table import Line
from petitions import counts
from petitions.flows import batches, letters
from petitions.models import Letter, Snapshot

PUBLISHED, CLOSED, FROZEN, RECOUNTED = 2.0, 2.0, 60.0, 0.05
FEW = 3  # that wait when it closes: fewer than a batch


class Undone(Exception):
    """Ends a measured transaction without a trace."""


def publishing(site: Site) -> Iterator[Line]:
    letter = site.letters[site.form.sizes[1]]
    before = letter.signatures.count()
    number, published = site.form.waiting, 0

    def publish(_run: int) -> float:
        """Measured on its own data and undone: the beat beside it would publish what waits."""
        nonlocal published
        try:
            with transaction.atomic():
                letter.hold_lock()
                seeds.wait(letter, number)
                began = time.perf_counter()
                published += batches.publish_full(letter)
                taken = time.perf_counter() - began
                assert letter.signatures.count() == before + number
                raise Undone
        except Undone:
            return taken

    seconds = site.median(publish)
    is_whole = published == number * site.form.runs
    yield Line(
        f"publishing {number:,} anonymous signatures",
        f"{seconds:.2f} s",
        target="< 2 s",
        is_reached=seconds < PUBLISHED and is_whole,
        note="rows grew by as many" if is_whole else f"{published} published",
    )


def recount(site: Site) -> Iterator[Line]:
    seconds = site.seconds(lambda: counts.recount(site.largest))
    yield Line(
        f"recount at {site.form.largest:,}",
        f"{seconds * 1000:.0f} ms",
        target="< 50 ms",
        is_reached=seconds < RECOUNTED,
    )


def closing(site: Site) -> Iterator[Line]:
    """In a transaction that is undone, as often as wanted; then once and for all, with the list by a worker."""
    letter = site.largest
    seeds.wait(letter, FEW)
    seconds = site.median(lambda _number: _undone(letter))
    yield Line(
        f"closing at {site.form.largest:,}, {FEW} waiting, in its lock",
        f"{seconds:.2f} s",
        target="< 2 s",
        is_reached=seconds < CLOSED,
    )
    expected = counts.recount(letter).total + FEW
    taken = timed(lambda: letters.close(letter))
    snapshot, waited = _frozen(letter)
    is_right = bool(snapshot.count) and snapshot.count["total"] == expected
    yield Line(
        "its list and hash frozen by a worker",
        f"{waited:.0f} s after closing" if snapshot.sha256 else "not frozen",
        target="< 60 s",
        is_reached=waited < FROZEN and is_right and bool(snapshot.sha256),
        note=f"closed for good in {taken:.2f} s, with {expected:,} signatures"
        + ("" if is_right else f", but the picture says {snapshot.count}"),
    )


def _undone(letter: Letter) -> float:
    try:
        with transaction.atomic():
            taken = timed(lambda: letters.close(Letter.objects.get(pk=letter.pk)))
            raise Undone
    except Undone:
        return taken


def _frozen(letter: Letter) -> tuple[Snapshot, float]:
    """The closing picture, once the site's own worker has made its hash."""
    began = time.monotonic()
    snapshot = letter.snapshots.get(reason=Snapshot.Reason.CLOSING)
    while not snapshot.sha256 and time.monotonic() - began < 2 * FROZEN:
        time.sleep(0.2)
        snapshot.refresh_from_db()
    return snapshot, time.monotonic() - began
