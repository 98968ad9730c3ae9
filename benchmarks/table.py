"""The table: one line for each figure, with its target and its ratio to the bare application."""

from __future__ import annotations

import json
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

import django

from benchmarks.forms import Form

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = ("what", "ours", "bare", "ratio", "target", "")


@dataclass(frozen=True)
class Line:
    """`is_reached` is None where the issue asks for nothing."""

    what: str
    ours: str
    bare: str = ""
    ratio: float | None = None
    target: str = ""
    is_reached: bool | None = None
    note: str = ""

    def cells(self) -> list[str]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        verdict = {None: "", True: "reached", False: "**missed**"}[self.is_reached]
        said = "; ".join(filter(None, [verdict, self.note]))
        return [self.what, self.ours, self.bare, ratio, self.target, said.replace("|", "/")]


def keep(path: Path, lines: list[Line]) -> None:
    """After each figure, so that what was measured is told also when the run is cut off."""
    path.write_text(json.dumps([asdict(line) for line in lines]))


def kept(path: Path) -> list[Line]:
    return [Line(**line) for line in json.loads(path.read_text())] if path.exists() else []


def markdown(form: Form, lines: list[Line], *, load: str, seconds: float, ended: str) -> str:
    rows = [HEAD, ["---"] * len(HEAD), *(line.cells() for line in lines)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"# Measured\n\n{_about(form, load, seconds)}{ended}\n\n{table}\n"


def write(form: Form, text: str) -> bool:
    """A quick run does not take the place of a full one."""
    if form.runs == 1 and RESULTS.exists() and "full run" in RESULTS.read_text():
        return False
    RESULTS.write_text(text)
    return True


def _about(form: Form, load: str, seconds: float) -> str:
    runs = "one run each" if form.runs == 1 else f"medians of {form.runs}"
    return (
        f"A {form.name} run at commit `{_commit()}`, {runs}, in {seconds / 60:.0f} minutes. "
        f"{_processor()}; Python {platform.python_version()}, Django {django.__version__}. "
        f"Pages are read by {load}; people sign by the client of `benchmarks/people.py`; both run beside the "
        "servers, on the same processors. Ratios are what to keep: absolute figures move with the machine. CSRF, "
        "limits, hashing, the strict policy and the mail with the code are on; no limit is raised, since each "
        "signer comes from an address of their own.\n"
    )


def _commit() -> str:
    asked = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=RESULTS.parent, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip() for line in about.read_text().splitlines() if "model name" in line
    ]
    return f"{len(names)} × {names[0]}" if names else platform.machine()
