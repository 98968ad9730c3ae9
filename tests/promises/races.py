"""Many who act at the same moment, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

Work = Callable[[], Any]


def together(works: Iterable[Work]) -> list[Any]:
    """All let go at one moment; what each gave, or the exception it ended with, in their order."""
    chosen = list(works)
    barrier = threading.Barrier(len(chosen))

    def let_go(work: Work) -> Any:
        barrier.wait()
        return outcome(work)

    with ThreadPoolExecutor(len(chosen)) as threads:
        return list(threads.map(let_go, chosen))


def spread(works: Iterable[Work], *, clients: int) -> list[Any]:
    """So many at a time, each client the next one as soon as it is free."""
    with ThreadPoolExecutor(clients) as threads:
        return list(threads.map(outcome, works))


def outcome(work: Work) -> Any:
    try:
        return work()
    except Exception as error:
        return error
    finally:
        connection.close()
