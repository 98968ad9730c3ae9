"""Reading: the letter page at every size, the list of names, a search."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from functools import partial

from benchmarks import crowds, people, wrk
from benchmarks.seeds import FIRST, LAST
from benchmarks.site import Site
from benchmarks.table import Line
from petitions import counts

HALF, FLAT, PROMPT = 0.5, 0.9, 0.1
FAULTY = "faults: {}"


def pages(site: Site) -> Iterator[Line]:
    """All sizes in turn with the bare page, each time another one first: a slow minute is everybody's."""
    rates: dict[int, list[float]] = {0: []} | {size: [] for size in site.letters}
    faults = 0
    for turn in range(site.form.runs):
        for size in _from(turn, list(rates)):
            letter = site.letters.get(size)
            port, path = (site.port, letter.get_absolute_url()) if letter else (site.bare, "/page/")
            load = wrk.read(port, path, seconds=site.form.seconds)
            rates[size].append(load.rate)
            faults += load.faults
    middle = {size: sorted(found)[len(found) // 2] for size, found in rates.items()}
    note = FAULTY.format(faults) if faults else ""
    for size in site.letters:
        ratio = middle[size] / middle[0]
        what = f"letter page at {size:,} signatures, 16 clients"
        yield Line(
            what,
            f"{middle[size]:,.0f} /s",
            f"{middle[0]:,.0f} /s",
            ratio,
            "≥ 0.50",
            ratio >= HALF and not faults,
            note,
        )
    shares = [_share(rates, size) for size in site.letters]
    flat = min(shares) / max(shares)
    yield Line("the same at every size", f"{flat:.2f} of the fastest", "", None, "≥ 0.90", flat >= FLAT)


def _from(turn: int, sizes: list[int]) -> list[int]:
    first = turn % len(sizes)
    return sizes[first:] + sizes[:first]


def _share(rates: dict[int, list[float]], size: int) -> float:
    """Of all that was read in a turn, as a rule: turns differ by what else the machine did."""
    return statistics.median(rate[size] / sum(rate.values()) for rate in _turns(rates))


def _turns(rates: dict[int, list[float]]) -> Iterator[dict[int, float]]:
    for turn in zip(*rates.values(), strict=True):
        yield dict(zip(rates, turn, strict=True))


def names(site: Site) -> Iterator[Line]:
    letter, total = site.largest, counts.recount(site.largest).named
    list_url = f"{letter.get_absolute_url()}signatures/"
    last = min(1_000, -(-total // 100))
    # Two words that stand in one of a hundred names, one rare name, one that nobody has: another one each time.
    words = [f"{first}+{name}" for first in FIRST for name in LAST] + [f"{n * 7 + 1}" for n in range(200)]
    paths = {
        f"names at {site.form.largest:,}, page 1": (list_url,),
        f"names at {site.form.largest:,}, page {last:,}": (f"{list_url}?page={last}",),
        f"search at {site.form.largest:,}": tuple(f"{list_url}?q={word}" for word in words),
    }
    for what, chosen in paths.items():
        crowds.crowd(partial(people.Reader, site.port, chosen), seconds=1, clients=2)
        told = crowds.crowd(partial(people.Reader, site.port, chosen), seconds=2 * site.form.seconds)
        slowest = told.took(0.99)
        yield Line(
            f"{what}, p99 at 16 clients",
            f"{slowest * 1000:.0f} ms ({told.rate:.0f} /s)",
            target="< 100 ms",
            is_reached=slowest < PROMPT and not told.faults,
            note=FAULTY.format(len(told.faults)) if told.faults else "",
        )
