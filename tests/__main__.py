"""Runs the suite on SQLite and on PostgreSQL and says how many tests ran on which: `python -m tests`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from tests import postgresql

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--browser", action="store_true", help="the browser tests alone")
    chosen, arguments = parser.parse_known_args()
    if chosen.browser:
        arguments += ["-m", "browser"]
    runs = [_run("SQLite", "", arguments)]
    if not chosen.browser:
        with postgresql.running() as url:
            if url is None:
                print(
                    "\nSkipped on PostgreSQL: no server and no wheel for this machine. Set TEST_DATABASE_URL."
                )
            else:
                runs.append(_run("PostgreSQL", url, arguments))
    print()
    for _status, line in runs:
        print(line)
    return max(status for status, _line in runs)


def _run(name: str, url: str, arguments: list[str]) -> tuple[int, str]:
    print(f"\n=== {name}", flush=True)
    with tempfile.TemporaryDirectory(prefix="undersigned-") as place:
        report = Path(place) / "report.xml"
        environment = os.environ | {"TEST_PLACE": place, "TEST_DATABASE": url}
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
        status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        return status, f"{name}: {_figures(report)}"


def _figures(report: Path) -> str:
    if not report.exists():
        return "no test ran"
    suite = next(ElementTree.parse(report).getroot().iter("testsuite")).attrib
    total, skipped = int(suite["tests"]), int(suite["skipped"])
    failed = int(suite["failures"]) + int(suite["errors"])
    return f"{total - skipped - failed} passed, {failed} failed, {skipped} skipped"


if __name__ == "__main__":
    sys.exit(main())
