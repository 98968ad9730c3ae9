"""Many people at once: processes with threads, each thread a client with a kept line, each person a new browser."""

from __future__ import annotations

import atexit
import itertools
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

PROCESSES = 2  # of one Python each, so that threads do not wait for one another
CLIENTS = 16
AT_ONCE = 2  # crowds
LATE = 15  # seconds after which nobody begins any more whose moment is over
GIVEN_UP = 90  # seconds after its time that a crowd may still take
POOL = ProcessPoolExecutor(AT_ONCE * PROCESSES, mp_context=multiprocessing.get_context("spawn"))


@dataclass
class Result:
    """One person's way, or one page: how long the answers took together, whether all was well, and when it ended."""

    is_good: bool
    seconds: float
    ended: float
    shown: int = 0  # the number that a page showed
    last: float = 0.0  # how long the last answer took
    why: str = ""


@dataclass
class Told:
    """What a crowd did in its time."""

    results: list[Result] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def good(self) -> list[Result]:
        return [result for result in self.results if result.is_good]

    @property
    def faults(self) -> list[str]:
        return [result.why or "?" for result in self.results if not result.is_good]

    @property
    def rate(self) -> float:
        return len(self.good) / self.elapsed if self.elapsed else 0.0

    def took(self, share: float) -> float:
        """Seconds within which that share of the good ones was answered."""
        times = sorted(result.seconds for result in self.good)
        return times[min(int(len(times) * share), len(times) - 1)] if times else float("inf")

    @property
    def usual(self) -> float:
        return median([result.seconds for result in self.good] or [float("inf")])


class Client(Protocol):
    """What one thread does: `step` goes as far as somebody's end, None when there is nobody any more."""

    def step(self) -> Result | None: ...

    def close(self) -> None: ...


Maker = Callable[[Iterable[int]], Client]  # of a client, for the numbers of the people that are its own


def ready() -> None:
    """Start the processes that crowds are made of, which takes longer than many a crowd."""
    atexit.register(POOL.shutdown, cancel_futures=True)
    for started in [POOL.submit(time.sleep, 2) for _ in range(AT_ONCE * PROCESSES)]:
        started.result(GIVEN_UP)


def crowd(
    make: Maker, *, seconds: float, clients: int = CLIENTS, rate: float = 0, first: int = 0, most: int = 0
) -> Told:
    """For so long, as fast as answers come, or so many a second; numbers of people begin with `first`."""
    share = clients // PROCESSES
    begin = time.time() + 0.2
    parts = [
        POOL.submit(_part, make, begin, seconds, share, PROCESSES * share, first + number * share, rate, most)
        for number in range(PROCESSES)
    ]
    results = [result for part in parts for result in part.result(seconds + GIVEN_UP)]
    ends = [result.ended for result in results]
    return Told(results, max(ends, default=begin) - begin)


def _part(
    make: Maker, begin: float, seconds: float, threads: int, all_: int, first: int, rate: float, most: int
) -> list[Result]:
    results: list[Result] = []
    running = [
        threading.Thread(
            target=_act, args=(make, begin, seconds, first + number, all_, rate, most, results), daemon=True
        )
        for number in range(threads)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(seconds + GIVEN_UP - 5)
    return results


def _act(
    make: Maker,
    begin: float,
    seconds: float,
    first: int,
    all_: int,
    rate: float,
    most: int,
    results: list[Result],
) -> None:
    numbers = itertools.count(first, all_)
    client = make(_paced(numbers, begin, seconds, rate, first, all_, most))
    time.sleep(max(0.0, begin - time.time()))
    try:
        while result := client.step():
            results.append(result)
    finally:
        client.close()


def _paced(
    numbers: Iterable[int], begin: float, seconds: float, rate: float, first: int, all_: int, most: int
) -> Iterable[int]:
    """People as long as it lasts; with a rate each at their own moment, however the earlier ones fared."""
    for turn, number in enumerate(numbers):
        due = begin + (turn * all_ + first % all_) / rate if rate else time.time()
        is_over = due >= begin + seconds or time.time() > begin + seconds + LATE
        if is_over or (most and turn * all_ + first % all_ >= most):
            return
        time.sleep(max(0.0, due - time.time()))
        yield number
