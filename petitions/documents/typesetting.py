"""Has papers and pictures made by Typst, one after the other on this machine. Knows nothing of Django.

A list of 50,000 names takes 450 MB while it is set. What asks for it, a web or a worker, is not to grow by that, nor
to take it as often as people ask at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from datetime import time as clock
from pathlib import Path
from typing import IO, Any, NamedTuple

from petitions.faults import Busy

PROGRAM = Path(__file__).with_name("typesetter.py")
NOT_SET = 3  # what it ends with when Typst refuses
COMMAND = (
    sys.executable,
    "-P",
    str(PROGRAM),
    str(NOT_SET),
)  # beside it lie files that are called as Python's own
MEMORY = {"MALLOC_TRIM_THRESHOLD_": "1000000"}  # glibc gives back what is free: an eighth less at the most
PATIENCE = 20.0  # seconds until it is our turn
SECONDS = 30.0  # for one paper; the largest takes four
LOOK = 0.02


class NotSet(Exception):
    """Typst refuses what it was given."""


class Paper(NamedTuple):
    content: bytes
    way: int  # the first that was possible


def typeset(
    template: Path, inputs: dict[str, str], *ways: dict[str, Any], dated: date | None = None
) -> Paper:
    """Raises `Busy` when it is not our turn for long, or when the typesetter did not come to an end."""
    moment = datetime.combine(dated, clock(), UTC).isoformat() if dated else ""  # a day, not a moment
    job = {"template": str(template), "inputs": inputs, "dated": moment}
    refusals = []
    with _turn() as turn:
        for number, way in enumerate(ways):
            try:
                return Paper(_set(job | {"way": way}, turn), number)
            except NotSet as refusal:
                refusals.append(refusal)
    raise refusals[-1]


def _set(job: dict[str, Any], turn: IO[bytes]) -> bytes:
    """A process for each way: with what it remembers of the one before it would take half as much again."""
    try:
        done = subprocess.run(  # noqa: S603
            COMMAND,
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=SECONDS,
            env=os.environ | MEMORY,
            check=False,
            pass_fds=[turn.fileno()],  # should we be killed, the next one still waits for it
        )
    except subprocess.TimeoutExpired:
        raise Busy("A paper took too long.") from None
    if done.returncode == NOT_SET:
        raise NotSet(done.stderr.decode(errors="replace"))
    if done.returncode:
        raise Busy(f"The typesetter ended with {done.returncode}.")
    return done.stdout


@contextmanager
def _turn() -> Iterator[IO[bytes]]:
    limit = time.monotonic() + PATIENCE
    with PROGRAM.open("rb") as turn:
        while not _is_ours(turn):
            if time.monotonic() > limit:
                raise Busy("Others' papers take too long.")
            time.sleep(LOOK)
        yield turn


def _is_ours(turn: IO[bytes]) -> bool:
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
