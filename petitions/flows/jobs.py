"""Running what the clock brings, one runner at a time, and writing down when it went well."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from django.db import DatabaseError
from django.db.models.functions import Now

from petitions.models import Job, Letter

log = structlog.stdlib.get_logger(__name__)


class SomeFailed(Exception):
    """For some letters; what is wrong with each stands in the log."""


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


def note(name: str) -> None:
    """What a person runs, not the clock: only when it was done last."""
    Job.objects.update_or_create(name=name, defaults={"started_at": Now(), "succeeded_at": Now()})


def for_each(letters: Iterable[Letter], *works: Callable[[Letter], object]) -> None:
    """One letter that fails holds up no other. Raises `SomeFailed` at the end."""
    failed = 0
    for letter in letters:
        try:
            for work in works:
                work(letter)
        except (DatabaseError, OSError):
            log.exception("A letter could not be worked on.", letter=letter.pk)
            failed += 1
    if failed:
        raise SomeFailed(f"{failed} letters")
