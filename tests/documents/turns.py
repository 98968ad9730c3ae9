"""Somebody else's paper is being made."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from petitions.documents import typesetting


@contextmanager
def turn_taken() -> Iterator[None]:
    with typesetting.PROGRAM.open("rb") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
