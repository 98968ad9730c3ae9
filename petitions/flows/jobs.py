"""Running what the clock brings, one runner at a time, and writing down when it went well."""

from __future__ import annotations

from collections.abc import Callable

from petitions.models import Job


def run_alone(name: str, work: Callable[[], object]) -> bool:
    """Do the work unless somebody else is at it. Its exception goes on to the caller; the row says that it failed."""
    holder = Job.take(name)
    if holder is None:
        return False
    error = "It failed; the worker's log says why."
    try:
        work()
        error = ""
    finally:
        Job.release(name, holder, error=error)
    return True
