"""A part as a copy of this process: what all of them load is loaded once, and held once for as long as nobody
changes it. The same module with the same words as a process of its own would run.

On Linux alone: elsewhere what lies below Python may not be copied. This process has no threads.
"""

import ctypes
import gc
import importlib
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from petitions.embedded import child

ARE_POSSIBLE = sys.platform == "linux"
PR_SET_NAME = 15
STDOUT, STDERR = 1, 2
SHARED = (  # what the parts would load, each for itself
    "config.wsgi",
    "config.urls",
    "config.beat",
    "petitions.tasks",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.thread",
    "celery.worker.consumer",
    "granian.cli",
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Kept:
    """What a copy has of the process that it is made of."""

    folder: str
    files: Collection[int]
    is_chatty: bool


class Copy:
    """As `subprocess.Popen` is for a program."""

    def __init__(self, name: str, module: Sequence[str], kept: Kept) -> None:
        words = (name, os.getpid(), module, kept)
        self._process = multiprocessing.get_context("fork").Process(target=_become, args=words, name=name)
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode


@contextmanager
def undisturbed() -> Iterator[None]:
    """While a copy is made: the end that somebody asks of us would be asked of it too, before it knows what it is, or
    come before we know that it is there.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def load() -> None:
    """Before the first copy, once."""
    if ARE_POSSIBLE:
        for module in SHARED:
            importlib.import_module(module)
        gc.collect()
        gc.freeze()  # whoever collects rubbish writes to what is looked at, and what is written to is not shared


def _become(name: str, parent: int, module: Sequence[str], kept: Kept) -> None:
    os.setsid()  # Ctrl-C reaches `up` alone, which ends its parts in order
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)
    child.end_with_parent()
    ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode())  # what `ps` and `top` show
    if os.getppid() != parent:  # it ended before the kernel was asked
        os._exit(1)
    _leave(kept)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.chdir(kept.folder)
    sys.argv = list(module)
    runpy.run_module(module[0], run_name="__main__", alter_sys=True)


def _leave(kept: Kept) -> None:
    """Files of `up` and of other parts."""
    if kept.is_chatty:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), STDOUT)
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > STDERR and number not in kept.files:
            with suppress(OSError):  # that of the list itself
                os.close(number)
