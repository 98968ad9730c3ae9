"""The rush: more signatures a minute than any site met, with readers beside them."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks import crowds, people, seeds
from benchmarks.crowds import Result, Told
from benchmarks.measures.signing import signer
from benchmarks.site import Counted, Site
from benchmarks.table import Line
from petitions.models import Letter

READS = 200  # a second
CLIENTS = 48
BEHIND = 5.0  # seconds that a shown number may lag
SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9)  # of all who sign: where milestones stand


def rush(site: Site) -> Iterator[Line]:
    seconds, a_minute = site.form.rush
    expected = seconds * a_minute // 60
    milestones = tuple(int(expected * share) for share in SHARES)
    letter = seeds.signed_letter(0, milestones=milestones)
    before = Counted.now(site, letter)
    with ThreadPoolExecutor(2) as pool:
        reads = partial(people.Reader, site.port, (letter.get_absolute_url(),))
        reading = pool.submit(crowds.crowd, reads, seconds=seconds, clients=8, rate=READS)
        told = crowds.crowd(
            signer(site, letter, ahead=1), seconds=seconds, clients=CLIENTS, rate=a_minute / 60
        )
        read = reading.result()
    grown = Counted.now(site, letter).since(before)
    rate = len(told.good) / told.elapsed * 60
    faults = told.faults + read.faults
    lost, doubled = max(0, len(told.good) - grown.signatures), max(0, grown.signatures - len(told.good))
    yield Line(
        f"rush of {seconds} s, with {READS} page reads a second beside it",
        f"{rate:,.0f} confirmed a minute, {len(read.good) / read.elapsed:.0f} reads /s",
        target=f"{a_minute:,} a minute, 0 errors, 0 lost, 0 doubled",
        is_reached=rate >= 0.98 * a_minute and not faults and not lost and not doubled,
        note=f"errors {len(faults)} {sorted(set(faults))[:3]}, lost {lost}, doubled {doubled}; "
        f"p99 of a signature {told.took(0.99) * 1000:.0f} ms, of a page {read.took(0.99) * 1000:.0f} ms",
    )
    yield _lag(told, read)
    yield _milestones(site, letter, milestones)


def _lag(told: Told, read: Told) -> Line:
    """How long ago the first signature was acknowledged that a page did not show yet."""
    acknowledged = sorted(result.ended for result in told.good)
    lag = max((_behind(result, acknowledged) for result in read.good), default=float("inf"))
    return Line(
        "shown number behind the rows, at most", f"{lag:.1f} s", target="≤ 5 s", is_reached=lag <= BEHIND
    )


def _behind(page: Result, acknowledged: list[float]) -> float:
    by_then = bisect_left(acknowledged, page.ended - page.seconds)
    return page.ended - acknowledged[page.shown] if page.shown < by_then else 0.0


def _milestones(site: Site, letter: Letter, milestones: tuple[int, ...]) -> Line:
    """Each once, by mail to the owner, within a minute."""
    owner = letter.memberships.get().user.email
    limit = time.monotonic() + 60
    due = sum(threshold <= letter.signatures.count() for threshold in milestones)
    while len(subjects := site.mails.subjects(owner)) < due and time.monotonic() < limit:
        time.sleep(1)
    reached = letter.milestones.filter(reached_at__isnull=False).count()
    is_once = len(subjects) == len(set(subjects)) == reached == due > 0
    told = f"{reached} reached, {len(subjects)} mails"
    target = f"{due} of {len(milestones)} by what was signed, each once"
    return Line("milestones of the rush", told, target=target, is_reached=is_once)
