"""A process that has loaded the product with a site's environment, and makes the site's parts as copies of itself.

What each part would load takes a second of processor time, and a site has five such processes, some of which a test
kills fifty times. A copy is a process of its own, with an id and a group, and runs the same module with the same
words. `python -m tests.promises.copies` is the process that is copied: it reads orders, each a line of JSON, and
answers each with a number.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django

from petitions.embedded.copies import SHARED

STDIN, STDOUT, STDERR = 0, 1, 2
READ, ADD = os.O_RDONLY, os.O_WRONLY | os.O_APPEND | os.O_CREAT


class Copy:
    """As `subprocess.Popen` is for a program."""

    def __init__(self, loaded: Loaded, pid: int) -> None:
        self.pid = pid
        self._loaded, self._file, self._status = loaded, os.pidfd_open(pid), None

    def terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._file, signal.SIGTERM)

    def poll(self) -> int | None:
        return self._status_within(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its status. Raises `subprocess.TimeoutExpired`."""
        if (status := self._status_within(timeout)) is None:
            raise subprocess.TimeoutExpired(f"copy {self.pid}", timeout or 0)
        return status

    def _status_within(self, seconds: float | None) -> int | None:
        if self._status is None and select.select([self._file], [], [], seconds)[0]:
            self._status = self._loaded.status_of(self.pid)  # it alone is told, as their parent
            os.close(self._file)
        return self._status


class Loaded:
    """The process that is copied. It ends with whoever started it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.environment = environment.copy()
        self._one_order = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def copy(self, module: Sequence[str], *, stdout: Path, stderr: Path) -> Copy:
        """One that runs `python -m` with these words, and adds what it prints to these files."""
        return Copy(self, self._order(module=list(module), stdout=str(stdout), stderr=str(stderr)))

    def status_of(self, pid: int) -> int:
        """Of a copy that has ended."""
        return self._order(pid=pid)

    def end(self) -> None:
        """Copies that still run have nobody then who is told how they end."""
        self._process.communicate()

    def _order(self, **words: Any) -> int:
        with self._one_order:
            assert self._process.stdin
            self._process.stdin.write(json.dumps(words) + "\n")
            self._process.stdin.flush()
            assert self._process.stdout
            answer = self._process.stdout.readline()
        assert answer, "the process that is copied has ended; what it printed says why"
        return int(answer)


def main() -> None:
    _load()
    for line in sys.stdin:
        order = json.loads(line)
        print(_status_of(**order) if "pid" in order else _copy(**order), flush=True)


def _load() -> None:
    django.setup()
    for module in SHARED:
        if module != "config.wsgi":  # which looks for static files, and those may not be collected yet
            importlib.import_module(module)
    gc.collect()
    gc.freeze()


def _status_of(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _copy(module: Sequence[str], stdout: str, stderr: str) -> int:
    if pid := os.fork():
        os.setpgid(pid, pid)  # as the copy does: it has a group when its id is told, whoever comes first
        return pid
    os.setpgid(0, 0)
    for number, path, flags in ((STDIN, os.devnull, READ), (STDOUT, stdout, ADD), (STDERR, stderr, ADD)):
        file = os.open(path, flags, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.argv = list(module)
    runpy.run_module(module[0], run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    main()
