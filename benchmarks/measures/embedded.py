"""The site of one command: how soon its first page comes, and what all its processes hold."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.site import Site
from benchmarks.table import Line
from tests.embedded import running
from tests.mailserver import free_port

AGAIN, BARE, MEMORY = 6.0, 40.0, 300
MIB = 1_000_000
OURS = ("DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180


def starting(site: Site) -> Iterator[Line]:
    with tempfile.TemporaryDirectory(prefix="undersigned-bench-up-") as folder:
        first, _memory = _start(Path(folder) / "var")
        again, memory = _start(Path(folder) / "var")
    yield Line(
        "embedded: first page of an empty folder, installed", f"{first:.1f} s", note="with the sample letters"
    )
    yield Line(
        "embedded: first page the second time", f"{again:.1f} s", target="< 6 s", is_reached=again < AGAIN
    )
    yield Line(
        "embedded: memory of all processes (PSS)",
        f"{memory:.0f} MB",
        target="< 300 MB",
        is_reached=memory < MEMORY,
    )
    if site.form.has_bare_machine:
        yield _from_nothing()


def _start(data: Path) -> tuple[float, float]:
    began = time.monotonic()
    up = running.begin(data)
    try:
        taken = _first_page(up.port, began, lambda: up.process.poll() is None)
        for _ in range(20):
            up.get("/")
        time.sleep(3)
        memory = sum(each.memory_full_info().pss for each in up.everything()) / MIB
    finally:
        running.end(up)
    return taken, memory


def _from_nothing() -> Line:
    """`make run` in a fresh clone, with no environment; what pip and uv have downloaded before is there."""
    what, target = "`make run`, nothing installed, to the first page", "< 40 s"
    with tempfile.TemporaryDirectory(prefix="undersigned-bench-clone-") as folder:
        clone, port = Path(folder) / "clone", free_port()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True, timeout=60)
        began = time.monotonic()
        words = [shutil.which("make") or "make", "run", f"PORT={port}", f"DATA={folder}/var"]
        told = Path(folder) / "output"
        with told.open("wb") as output:
            made = subprocess.Popen(
                words, cwd=clone, env=_outside(), stdout=output, stderr=output, start_new_session=True
            )
        try:
            taken = _first_page(port, began, lambda: made.poll() is None)
        except RuntimeError:
            last = told.read_text(errors="replace").strip().rpartition("\n")[2][:200]
            return Line(what, "no page", target=target, is_reached=False, note=f"its last word: {last}")
        finally:
            _end(made)
    return Line(
        what, f"{taken:.0f} s", target=target, is_reached=taken < BARE, note="downloads from the cache"
    )


def _outside() -> dict[str, str]:
    """This process's environment without that of the site: certificates and mirrors of this machine stay."""
    names = {*re.findall(r"(?m)^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text()), *OURS}
    return {name: value for name, value in os.environ.items() if name not in names}


def _first_page(port: int, began: float, is_alive: Callable[[], bool]) -> float:
    while time.monotonic() - began < PATIENCE and is_alive():
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/", timeout=10) as page:
                page.read()
            return time.monotonic() - began
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("no page came")


def _end(made: subprocess.Popen[bytes]) -> None:
    """Its whole session, which is its own."""
    parts = psutil.Process(made.pid).children(recursive=True) if made.poll() is None else []
    if made.poll() is None:
        os.killpg(made.pid, signal.SIGINT)
    _gone, left = psutil.wait_procs(parts, 30)
    for part in left:
        part.kill()
    made.wait(30)
