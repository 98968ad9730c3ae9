"""A running `up` for the tests."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import psutil

from petitions.embedded import addresses
from tests.embedded.waiting import until

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Up:
    """A running `up` and the file it writes to."""

    process: subprocess.Popen[bytes]
    port: int
    output: Path

    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()

    def get(self, path: str, **headers: str) -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def is_answering(self) -> bool:
        try:
            return bool(self.get("/healthz"))
        except (URLError, OSError):
            return False

    def everything(self) -> list[psutil.Process]:
        main = psutil.Process(self.process.pid)
        return [main, *main.children(recursive=True)]

    def part(self, word: str) -> psutil.Process | None:
        children = psutil.Process(self.process.pid).children()
        return next((child for child in children if word == child.name()), None)


def command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def begin(data: Path, *arguments: str, output: Path | None = None, within: Sequence[str] = ()) -> Up:
    """`within` is a command that runs another one."""
    with addresses.listen() as listener:
        port = listener.getsockname()[1]
    words = [*within, sys.executable, "manage.py", "up", "--data", str(data), "--port", str(port), *arguments]
    output = output or data.with_suffix(".output")
    with output.open("wb") as file:
        environment = {"PATH": os.environ["PATH"]}
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
    return Up(process, port, output)


def start(data: Path, *arguments: str, within: Sequence[str] = ()) -> Up:
    up = begin(data, *arguments, within=within)
    until(lambda: "Ctrl-C stops everything." in up.lines() or up.process.poll() is not None, seconds=90)
    assert up.process.poll() is None, up.output.read_text()
    return up


def end(up: Up) -> None:
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=60) == 0
