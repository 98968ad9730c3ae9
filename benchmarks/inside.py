"""Measures one thing after the other, in the surroundings of the site: started by `benchmarks/__main__.py`."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import django

django.setup()

from benchmarks import crowds, forms, seeds, table  # noqa: E402
from benchmarks.measures import closing, embedded, papers, reading, rush, sealed, signing, updates  # noqa: E402
from benchmarks.site import Site  # noqa: E402

Measure = Callable[[Site], Iterator[table.Line]]
# What the issue asks for first; closing changes the largest letter, and comes last of those that need it.
MEASURES: tuple[Measure, ...] = (
    reading.pages,
    reading.names,
    signing.flows,
    signing.confirming,
    signing.slow_mail,
    sealed.issuing,
    sealed.signing,
    closing.publishing,
    closing.recount,
    papers.csv,
    papers.paper,
    rush.rush,
    closing.closing,
    embedded.starting,
    updates.sending,
)


def main(kept: Path, chosen: list[str]) -> None:
    form, began = forms.chosen(), time.monotonic()
    site, lines = Site(form), list[table.Line]()
    _say(began, "seeding")
    crowds.ready()
    seed(site)
    for measure in MEASURES:
        name = f"{measure.__module__.rpartition('.')[2]}.{measure.__name__}"
        if chosen and not {name, name.partition(".")[0]} & {*chosen}:
            continue
        _say(began, name)
        is_late = time.monotonic() - began > form.minutes * 60
        for line in _left_out(name) if is_late else _told(name, measure, site):
            lines.append(line)
            _say(began, " · ".join(filter(None, line.cells())))
            table.keep(kept, lines)
    _say(began, "done")


def seed(site: Site) -> None:
    seeds.bare()
    with seeds.pieces_last():
        for size in site.form.sizes:
            site.letters[size] = seeds.signed_letter(size)
    seeds.settle()


def _told(name: str, measure: Measure, site: Site) -> Iterator[table.Line]:
    """One that fails is a line of the table, and the others go on."""
    try:
        yield from measure(site)
    except Exception as error:
        traceback.print_exc()
        yield table.Line(name, "failed", is_reached=False, note=f"{type(error).__name__}: {error}"[:200])


def _left_out(name: str) -> Iterator[table.Line]:
    yield table.Line(name, "not measured", is_reached=False, note="no time was left")


def _say(began: float, words: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {words}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
