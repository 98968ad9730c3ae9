"""One process that `up` keeps running."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings

from petitions.embedded import Refused, child, copies
from petitions.embedded.copies import Copy, Kept

MOST_DEATHS = 3
WITHIN_SECONDS = 60
MODULE = (sys.executable, "-m")


@dataclass
class Part:
    name: str
    command: Sequence[str]
    ends_last: bool = False  # the others still talk to it while they end
    log: str = "above"  # where it says what is wrong
    is_chatty: bool = False  # what it prints is of no use; what is wrong comes as an error
    holds: Sequence[int] = ()  # files that stay open for as long as it lives
    is_ours: bool = False  # a module of Python, which shares with us what both have loaded
    deaths: deque[float] = field(default_factory=deque)
    process: subprocess.Popen[bytes] | Copy | None = None

    def start(self) -> None:
        if self.is_ours and copies.ARE_POSSIBLE:
            self._copy()
        else:
            self.process = self._spawn()

    def _copy(self) -> None:
        kept = Kept(str(settings.BASE_DIR), self.holds, self.is_chatty)
        with copies.undisturbed():
            self.process = Copy(self.name, self.command[len(MODULE) :], kept)

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            python("-I", "-S", child.__file__, str(os.getpid()), *self.command),
            cwd=settings.BASE_DIR,
            pass_fds=self.holds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if self.is_chatty else None,
            start_new_session=True,  # Ctrl-C reaches `up` alone, which ends its parts in order
        )

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def restart(self) -> None:
        """After a death; refuses when it dies again and again."""
        now = time.monotonic()
        self.deaths.append(now)
        while now - self.deaths[0] > WITHIN_SECONDS:
            self.deaths.popleft()
        self.kill()  # what the dead process started may still hold the port
        if len(self.deaths) > MOST_DEATHS:
            raise Refused(f"The {self.name} died {len(self.deaths)} times within a minute: see {self.log}.")
        self.start()

    def ask_to_end(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def kill(self) -> None:
        """Ends the process and all that it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):  # nobody is left
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()  # which may not have come to a group of its own
        self.process.wait()


def python(*arguments: str) -> list[str]:
    """A command for the interpreter that runs us."""
    return [sys.executable, *arguments]


def module(name: str, *arguments: str) -> list[str]:
    return [*MODULE, name, *arguments]
