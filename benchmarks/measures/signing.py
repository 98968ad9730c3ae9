"""Signing from form to receipt, confirming, and what a slow mail server does to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import crowds, people
from benchmarks.crowds import Told
from benchmarks.site import Counted, Site
from benchmarks.table import Line
from petitions.models import Letter
from tests.promises import signers

SHARE, FLAT, PROMPT, SAME = 0.4, 0.9, 0.5, 1.1
PAIRS = 3
ASKING = 120  # people who ask while the mail server is slow


def flows(site: Site) -> Iterator[Line]:
    """Form to receipt at every size, in turn with the bare forms."""
    bare, ours = [], {size: [] for size in site.letters}
    notes: set[str] = set()
    for _ in range(site.form.runs):
        bare.append(_bare(site))
        for size, letter in site.letters.items():
            told, note = _counted(site, letter)
            ours[size].append(told)
            notes |= {note} - {""}
    usual = _middle(bare)
    rates = {size: _middle(found) for size, found in ours.items()}
    for size, told in rates.items():
        ratio = told.rate / (usual.rate or 1)
        yield Line(
            f"signing at {size:,}, form to receipt, 16 clients",
            f"{told.rate:.0f} /s",
            f"{usual.rate:.0f} /s",
            ratio,
            "≥ 0.40",
            ratio >= SHARE and not notes,
            "; ".join(sorted(notes)) or "rows and mails grew by as many",
        )
    slowest = max(told.took(0.99) for told in rates.values())
    yield Line(
        "its five answers together, p99",
        f"{slowest * 1000:.0f} ms",
        f"{usual.took(0.99) * 1000:.0f} ms",
        target="< 500 ms",
        is_reached=slowest < PROMPT,
    )
    flat = min(told.rate for told in rates.values()) / max(told.rate for told in rates.values())
    yield Line(
        "signing, the same at every size",
        f"{flat:.2f} of the fastest",
        target="≥ 0.90",
        is_reached=flat >= FLAT,
    )


def confirming(site: Site) -> Iterator[Line]:
    """The code alone, from requests that stand in browsers already, beside two writes."""
    number = 300 if site.form.runs == 1 else 1_500
    letter, word = site.letters[site.form.sizes[1]], secrets.token_hex(4)
    papers = [_paper(letter, f"c{each}.{word}@example.com") for each in range(number)]
    before = Counted.now(site, letter)
    make = partial(people.Typist, site.port, f"{letter.get_absolute_url()}code/", papers)
    told = crowds.crowd(make, seconds=60)
    grown = Counted.now(site, letter).since(before).signatures
    bare_papers = [people.Asked("", {"csrf": "c" * 32})] * number
    bare = crowds.crowd(partial(people.Typist, site.bare, "/two/", bare_papers), seconds=60)
    note = _difference(grown, len(told.good)) or "rows grew by as many"
    what = f"confirming at {site.form.sizes[1]:,}, 16 clients (bare: two writes)"
    yield Line(what, f"{told.rate:.0f} /s", f"{bare.rate:.0f} /s", told.rate / (bare.rate or 1), note=note)


def slow_mail(site: Site) -> Iterator[Line]:
    """Form and post, by four at a time and fewer than the queue holds, while mails are taken slowly or not at all.

    Each time right after as many with a quick mail server, so that a slow minute of the machine is both's.
    """
    letter = site.letters[site.form.sizes[0]]
    _asking(site, letter)
    for what, begin in {
        "200 ms for each mail": lambda: site.mails.pause(0.2),
        "2 s for each mail": lambda: site.mails.pause(2),
        "a dead mail server": site.mails.die,
    }.items():
        pairs = [_pair(site, letter, begin) for _ in range(min(site.form.runs, PAIRS))]
        ratios = sorted(slow.usual / quick.usual for quick, slow in pairs)
        quick, slow = pairs[-1]
        ratio = ratios[len(ratios) // 2]
        faults = [fault for pair in pairs for told in pair for fault in told.faults]
        yield Line(
            f"asking for a code, {what} (bare: a quick one)",
            f"{slow.usual * 1000:.1f} ms",
            f"{quick.usual * 1000:.1f} ms",
            ratio,
            "≤ 1.10",
            ratio <= SAME and not faults,
            f"faults: {faults[:3]}" if faults else "",
        )


def _pair(site: Site, letter: Letter, begin: Callable[[], None]) -> tuple[Told, Told]:
    """Once the mails of the pair before it have left: the queue holds no more than those of one."""
    before = Counted.now(site, letter)
    quick = _asking(site, letter)
    begin()
    slow = _asking(site, letter)
    site.mails.pause(0)
    site.mails.revive()
    Counted.now(site, letter, mails=before.mails + len(quick.good) + len(slow.good))
    return quick, slow


def signer(site: Site, letter: Letter, **more: object) -> partial[people.Signer]:
    return partial(
        people.Signer, site.port, site.control, letter.get_absolute_url(), secrets.token_hex(4), **more
    )


def _counted(site: Site, letter: Letter) -> tuple[Told, str]:
    """A rate counts only if rows and mails grew by the number of successes."""
    before = Counted.now(site, letter)
    told = crowds.crowd(signer(site, letter), seconds=site.form.seconds)
    good = len(told.good)
    grown = Counted.now(site, letter, mails=before.mails + good).since(before)
    faults = f"faults: {len(told.faults)} {sorted(set(told.faults))[:3]}" if told.faults else ""
    wrong = _difference(grown.signatures, good) or _difference(grown.marks, good)
    mails = "" if good <= grown.mails <= len(told.results) else f"{grown.mails} mails for {good} signatures"
    return told, "; ".join(filter(None, [faults, wrong, mails]))


def _difference(rows: int, good: int) -> str:
    return "" if rows == good else f"does not count: {rows} rows for {good} successes"


def _bare(site: Site) -> Told:
    return crowds.crowd(partial(people.Filler, site.bare), seconds=site.form.seconds)


def _middle(found: list[Told]) -> Told:
    return sorted(found, key=lambda told: told.rate)[len(found) // 2]


def _asking(site: Site, letter: Letter) -> Told:
    """At a mail domain of their own: one where so many ask and nobody types is sent no more codes."""
    domain = letter.workplaces.get().domains.create(name=f"{secrets.token_hex(4)}.example.com")
    make = signer(site, letter, is_asking_only=True, domain=domain.name)
    return crowds.crowd(make, seconds=30, clients=4, most=ASKING)


def _paper(letter: Letter, address: str) -> people.Asked:
    asked = signers.asked(letter, address, name="Grace Hopper")
    return people.Asked(asked.code, asked.cookies)
