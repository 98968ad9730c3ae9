"""Pages a second by wrk where it is installed, otherwise by our own client."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import partial

from benchmarks import crowds, people
from benchmarks.lines import Line

PROGRAM = shutil.which("wrk")
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


@dataclass(frozen=True)
class Load:
    rate: float
    slowest: float  # seconds within which 99 of 100 were answered
    faults: int


def name() -> str:
    return "wrk" if PROGRAM else "our own client, since wrk is not installed"


def read(port: int, path: str, *, seconds: float, clients: int = crowds.CLIENTS) -> Load:
    """After one page, so that what is made once is there."""
    first = Line(port)
    first.get(path)
    first.close()
    if PROGRAM is None:
        told = crowds.crowd(partial(people.Reader, port, (path,)), seconds=seconds, clients=clients)
        return Load(told.rate, told.took(0.99), len(told.faults))
    options = ("-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--latency", "--timeout", "30s")
    command = [PROGRAM, *options, f"http://localhost:{port}{path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return _load(done.stdout)


def _load(text: str) -> Load:
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    slowest = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", text)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", text)))
    assert rate
    assert slowest
    faults = broken + (int(refused[1]) if refused else 0)
    return Load(float(rate[1]), float(slowest[1]) * UNITS[slowest[2]], faults)
