"""Runs the suite on SQLite and on PostgreSQL and says how many tests ran where: `python -m tests`.

Both run at once, and beside them what starts processes of its own, which mostly waits for them, and the browser. What
sees no database runs on SQLite's side alone.
`--promises` runs the promises alone, in their full form, one database after the other, and prints what they were
proved with.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from tests import postgresql

NO_TESTS = 5  # pytest's status
AT_ONCE = 4  # some of them wait for processes of theirs: two cores are busy with four
ALONE, BROWSER = "not processes and not browser", "browser"
PROCESSES, OUTBOX = "processes and not outbox and not browser", "outbox"
ROOT = Path(__file__).resolve().parent.parent


class Run:
    """One pytest on one database. What it prints goes to `output`, or is seen at once."""

    def __init__(self, name: str, url: str, arguments: list[str], output: IO[str] | None = None) -> None:
        self.name = name
        self._url, self._arguments, self._output = url, arguments, output

    def run(self) -> tuple[int, list[str]]:
        """Its status, and a line for each promise and for all tests. That none was chosen is no failure."""
        with tempfile.TemporaryDirectory(prefix="undersigned-") as place:
            report = Path(place) / "report.xml"
            status = self._pytest(place, report)
            return 0 if status == NO_TESTS else status, [
                *_promises(report),
                f"{self.name}: {_figures(report)}",
            ]

    def _pytest(self, place: str, report: Path) -> int:
        where = {"TEST_PLACE": place, "TEST_DATABASE": self._url, "PATH": postgresql.search_path()}
        where["PYTHONDONTWRITEBYTECODE"] = ""  # or each of hundreds of processes would compile all of it
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *self._arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | where, stdout=self._output, stderr=self._output, check=False
        )
        return done.returncode

    def print_what_was_kept(self) -> None:
        if self._output:
            print(f"\n=== {self.name}", flush=True)
            self._output.seek(0)
            sys.stdout.write(self._output.read())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--browser", action="store_true", help="the browser tests alone")
    parser.add_argument("--promises", action="store_true", help="the promises alone, in their full form")
    parser.add_argument("-m", dest="marks", help="these alone, as for pytest")
    chosen, arguments = parser.parse_known_args()
    if chosen.browser:
        return _told([Run("Browser", "", ["-m", BROWSER, *arguments]).run()])
    with postgresql.running() as url:
        if url is None:
            print("\nSkipped on PostgreSQL: no server and no wheel for this machine. Set TEST_DATABASE_URL.")
        if chosen.promises:
            os.environ["PROMISES"] = "full"
            return _told(_one_after_the_other(url, ["-m", "promise", *arguments]))
        return _told(_at_once(url, chosen.marks, arguments))


def _one_after_the_other(url: str | None, arguments: list[str]) -> list[tuple[int, list[str]]]:
    return [Run(name, where, arguments).run() for name, where in _databases(url).items()]


def _at_once(url: str | None, marks: str | None, arguments: list[str]) -> list[tuple[int, list[str]]]:
    """Some beside each other. What the first prints is seen at once, the others' when all are over."""
    with ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as pool:

        def planned(name: str, where: str, kind: str) -> Run:
            chosen = f"({kind}) and ({marks})" if marks else kind
            kept = stack.enter_context(tempfile.TemporaryFile("w+")) if name != "SQLite" else None
            return Run(name, where, ["-m", chosen, *arguments], kept)

        databases = _databases(url).items()
        runs = [
            *(planned(name, where, ALONE) for name, where in databases),
            *(planned(f"{name}, outbox", where, OUTBOX) for name, where in databases),
            planned("Browser", "", BROWSER),
            *(planned(f"{name}, processes", where, PROCESSES) for name, where in databases),
        ]
        print("\n=== SQLite", flush=True)
        ended = list(pool.map(Run.run, runs))
        for run in runs:
            run.print_what_was_kept()
        return ended


def _databases(url: str | None) -> dict[str, str]:
    return {"SQLite": ""} | ({"PostgreSQL": url} if url else {})


def _told(ended: list[tuple[int, list[str]]]) -> int:
    print()
    for _status, lines in ended:
        print("\n".join(lines))
    return max(status for status, _lines in ended)


def _promises(report: Path) -> list[str]:
    """What each test of a promise kept as its figures."""
    if os.environ.get("PROMISES") != "full" or not report.exists():
        return []
    lines = []
    for case in ElementTree.parse(report).iter("testcase"):
        kept = {found.attrib["name"]: found.attrib["value"] for found in case.iter("property")}
        if kept:
            figures = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in kept.items())
            lines.append(f"  {case.attrib['name']} ({float(case.attrib['time']):.0f} s): {figures}")
    return lines


def _figures(report: Path) -> str:
    if not report.exists():
        return "no test ran"
    suite = next(ElementTree.parse(report).getroot().iter("testsuite")).attrib
    total, skipped = int(suite["tests"]), int(suite["skipped"])
    failed = int(suite["failures"]) + int(suite["errors"])
    return f"{total - skipped - failed} passed, {failed} failed, {skipped} skipped"


if __name__ == "__main__":
    sys.exit(main())
