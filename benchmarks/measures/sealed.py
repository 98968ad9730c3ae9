"""Sealed signatures: the blind signature that the site makes for a token."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import partial

from benchmarks import crowds, people
from benchmarks.site import Counted, Site, timed
from benchmarks.table import Line
from petitions.crypto import blind, tokens
from petitions.flows import tokens as flow
from petitions.models import Appear, Letter, Proof
from tests.promises import signers

PROMPT, RATE, KEPT_UP = 0.06, 100, 0.98
BYTES = 384


def issuing(site: Site) -> Iterator[Line]:
    """As fast as 16 clients can, then at the rate that the issue asks for."""
    letter = site.letters[site.form.sizes[1]]
    number = 300 if site.form.runs == 1 else 2_000
    papers = [_paper(letter) for _ in range(2 * number)]
    before = Counted.now(site, letter)
    most = _crowd(site, letter, papers[:number])
    paced = _crowd(site, letter, papers[number:], rate=RATE)
    marks = Counted.now(site, letter).since(before).marks
    good, faults = len(most.good) + len(paced.good), most.faults + paced.faults
    note = f"faults: {sorted(set(faults))[:3]}" if faults else ""
    note = note or ("marks grew by as many" if marks == good else f"does not count: {marks} marks for {good}")
    is_clean = not faults and marks == good
    yield Line(
        "sealed tokens issued, 16 clients",
        f"{most.rate:.0f} /s",
        target="≥ 100 /s",
        is_reached=most.rate >= RATE and is_clean,
        note=note,
    )
    slow = paced.took(0.95)
    yield Line(
        f"one of them at {RATE} /s, p95",
        f"{slow * 1000:.0f} ms",
        target="< 60 ms",
        is_reached=slow < PROMPT and paced.rate >= KEPT_UP * RATE and is_clean,  # late clients ask less often
        note=f"{paced.rate:.0f} /s; at full load {most.took(0.95) * 1000:.0f} ms",
    )


def signing(site: Site) -> Iterator[Line]:
    """The calculation alone."""
    key = flow.key_of(site.letters[site.form.sizes[0]], Proof.MAILBOX)
    assert key
    blinded = _blinded()
    seconds = site.seconds(lambda: [flow.blindly(key, blinded) for _ in range(10)]) / 10
    loaded = blind.new_key()
    data = blind.private_bytes(loaded)
    loading = timed(lambda: blind.load_private(data))
    yield Line(
        "one blind signature, in one process",
        f"{seconds * 1000:.1f} ms",
        note=f"loading a key {loading * 1000:.1f} ms",
    )


def _crowd(site: Site, letter: Letter, papers: list[people.Asked], *, rate: float = 0) -> crowds.Told:
    make = partial(people.Typist, site.port, f"{letter.get_absolute_url()}token/", papers)
    return crowds.crowd(make, seconds=60, rate=rate)


def _paper(letter: Letter) -> people.Asked:
    asked = signers.asked(letter, f"s{secrets.token_hex(8)}@example.com", appear=Appear.ANONYMOUS)
    return people.Asked(asked.code, asked.cookies, tokens.to_text(_blinded()))


def _blinded() -> bytes:
    """Below every modulus of 3072 bits: what `blind` gives looks like nothing but chance."""
    return b"\x40" + secrets.token_bytes(BYTES - 1)
