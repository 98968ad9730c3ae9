"""Starts everything, has it measured, and prints the table: `python -m benchmarks`, by `make bench`.

`BENCH=quick` is done in three minutes. Names of measures (`signing papers.csv`) choose these alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import forms, parts, table, wrk
from tests.promises.processes import ROOT, Processes

LATER = 3 * 60  # seconds that the last measure may take after no other begins


def main() -> int:
    form, began, ended = forms.chosen(), time.monotonic(), ""
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # everything is ended on the way out
    with tempfile.TemporaryDirectory(prefix="undersigned-bench-lines-") as folder:
        kept = Path(folder) / "lines.json"
        try:
            with parts.running() as site:
                ended = _measured(site, kept, seconds=form.minutes * 60 + LATER)
                told = site.logs()
        finally:
            lines = table.kept(kept)
        seconds = time.monotonic() - began
        text = table.markdown(form, lines, load=wrk.name(), seconds=seconds, ended=ended)
        print(f"\n{text}")
        if ended:
            print(told)
        if not sys.argv[1:] and table.write(form, text):
            print(f"Kept in {table.RESULTS.relative_to(ROOT)}.")
    return bool(ended)


def _measured(site: Processes, kept: Path, *, seconds: float) -> str:
    """What went wrong, if something did. Whoever takes too long is ended, with all that it started."""
    command = [sys.executable, "-m", "benchmarks.inside", str(kept), *sys.argv[1:]]
    measuring = subprocess.Popen(command, cwd=ROOT, env=site.environment, start_new_session=True)
    try:
        status = measuring.wait(seconds)
    except subprocess.TimeoutExpired:
        return "\nIt was cut off: it took too long."
    finally:
        if measuring.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(measuring.pid, signal.SIGKILL)
            measuring.wait()
    return f"\nIt ended early, with status {status}." if status else ""


if __name__ == "__main__":
    sys.exit(main())
