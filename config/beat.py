"""The clock: `celery -A config beat`, which tells the database that it goes. Settings name it."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery.beat import PersistentScheduler
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from config.schedule import OFTEN, PULSES
from petitions.models import Heartbeat

log = structlog.stdlib.get_logger(__name__)


class Clock(PersistentScheduler):
    _told_at: float | None = None

    def setup_schedule(self) -> None:
        super().setup_schedule()
        self._spread()

    def tick(self, *arguments: Any, **named: Any) -> float:
        """Between two looks at the schedule, so that one that hangs falls silent."""
        now = time.monotonic()
        if self._told_at is None or now - self._told_at >= settings.HEARTBEAT_SECONDS / PULSES:
            self._told_at = now
            _tell()
        wait: float = super().tick(*arguments, **named)
        return wait

    def _spread(self) -> None:
        """The sweeps of a round come one after the other: at once they took the processors from those who sign."""
        for number, name in enumerate(OFTEN, 1):
            entry = self.schedule[name]
            period = entry.schedule.run_every
            entry.last_run_at = entry.default_now() - period + period * number / len(OFTEN)


def _tell() -> None:
    """A database that is gone must not stop the clock."""
    try:
        close_old_connections()
        Heartbeat.note(Heartbeat.BEAT)
    except DatabaseError as error:
        log.warning("The clock could not tell the database that it goes.", error=type(error).__name__)
