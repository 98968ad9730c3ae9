"""Waits for something to become true instead of for some time to pass."""

import time
from collections.abc import Callable
from typing import TypeVar

import psutil

Answer = TypeVar("Answer")


def until(condition: Callable[[], Answer], *, seconds: float = 60) -> Answer:
    """The first true answer."""
    limit = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > limit:
            raise TimeoutError(f"not true within {seconds} seconds")
        time.sleep(0.02)


def is_gone(process: psutil.Process) -> bool:
    """A dead orphan counts too: a container without an init has nobody to collect it."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
