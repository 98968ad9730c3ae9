"""Runs the suite on SQLite and on PostgreSQL and says how many tests ran where: `python -m tests`.

Both run at once, each with a database, a Valkey and mail servers of its own, and the browser beside them. What sees
no database runs on SQLite's side alone.
`--promises` runs the promises alone, in their full form, one database after the other, and prints what they were
proved with.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from tests import postgresql

NO_TESTS = 5  # pytest's status
ROOT = Path(__file__).resolve().parent.parent


class Run:
    """One pytest on one database."""

    def __init__(self, name: str, url: str, arguments: list[str], output: IO[str] | None) -> None:
        self.name = name
        self._output = output
        self._place = tempfile.TemporaryDirectory(prefix="undersigned-")
        self._report = Path(self._place.name) / "report.xml"
        where = {"TEST_PLACE": self._place.name, "TEST_DATABASE": url, "PATH": postgresql.search_path()}
        where["PYTHONDONTWRITEBYTECODE"] = ""  # or each of hundreds of processes would compile all of it
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={self._report}", *arguments]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | where, stdout=output, stderr=output
        )

    def end(self) -> tuple[int, list[str]]:
        """Its status, and a line for each promise and for all tests. That none was chosen is no failure."""
        status = self._process.wait()
        status = 0 if status == NO_TESTS else status
        lines = [*_promises(self._report), f"{self.name}: {_figures(self._report)}"]
        self._place.cleanup()
        return status, lines

    def print_what_was_kept(self) -> None:
        if self._output:
            print(f"\n=== {self.name}", flush=True)
            self._output.seek(0)
            sys.stdout.write(self._output.read())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--browser", action="store_true", help="the browser tests alone")
    parser.add_argument("--promises", action="store_true", help="the promises alone, in their full form")
    chosen, arguments = parser.parse_known_args()
    if chosen.browser:
        return _told([Run("SQLite", "", ["-m", "browser", *arguments], None).end()])
    with postgresql.running() as url:
        if url is None:
            print("\nSkipped on PostgreSQL: no server and no wheel for this machine. Set TEST_DATABASE_URL.")
        if chosen.promises:
            os.environ["PROMISES"] = "full"
            return _told(_one_after_the_other(url, ["-m", "promise", *arguments]))
        return _told(_at_once(url, arguments))


def _one_after_the_other(url: str | None, arguments: list[str]) -> list[tuple[int, list[str]]]:
    databases = {"SQLite": ""} | ({"PostgreSQL": url} if url else {})
    return [Run(name, where, arguments, None).end() for name, where in databases.items()]


def _at_once(url: str | None, arguments: list[str]) -> list[tuple[int, list[str]]]:
    """Both databases and the browser. What the first prints is seen at once, the others' when all are over."""
    with ExitStack() as stack:
        print("\n=== SQLite", flush=True)
        runs = [Run("SQLite", "", ["-m", "not browser", *arguments], None)]
        if url:
            runs.append(Run("PostgreSQL", url, arguments, _kept(stack)))
        runs.append(Run("Browser", "", ["-m", "browser", *arguments], _kept(stack)))
        ended = [run.end() for run in runs]
        for run in runs:
            run.print_what_was_kept()
        return ended


def _kept(stack: ExitStack) -> IO[str]:
    return stack.enter_context(tempfile.TemporaryFile("w+"))


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
