"""Which task the clock rings when. Settings read it; the tasks stand in `petitions/tasks.py`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from celery.schedules import crontab

# Sweeps in the order in which they come: what one has made ready, the next ones find.
OFTEN = (
    "close_letters",
    "publish_batches",
    "freeze_snapshots",
    "drain_outbox",
    "post_updates",
    "invalidate_signatures",
    "scatter_rows",
)
# Sweeps that pass between two rings.
SELDOM = {"forget": 5, "tell_of_trouble": 20}
NIGHTLY = {"compare_counts": 17, "purge": 41, "write_pieces_anew": 53}  # minutes past three
SHORTEST = 3  # seconds that a ring is worth answering, however often it comes
PULSES = 6  # signs of life in the time after which a part without one counts as stopped


def of(*, sweep: float, heartbeat: float, queues: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Sweeps and heartbeats in seconds; queues by the part that serves each."""
    swept = {name: _each(sweep * times, name) for name, times in (dict.fromkeys(OFTEN, 1) | SELDOM).items()}
    pulses = {f"pulse of the {part}": _pulse(part, queue, heartbeat) for part, queue in queues.items()}
    nightly = {
        name: {"task": f"petitions.tasks.{name}", "schedule": crontab(hour=3, minute=minute)}
        for name, minute in NIGHTLY.items()
    }
    return swept | pulses | nightly


def _each(seconds: float, name: str) -> dict[str, Any]:
    """A ring that nobody took up before the next one came is dropped."""
    return {
        "task": f"petitions.tasks.{name}",
        "schedule": timedelta(seconds=seconds),
        "options": {"expires": max(seconds, SHORTEST)},
    }


def _pulse(part: str, queue: str, heartbeat: float) -> dict[str, Any]:
    return {
        "task": "petitions.tasks.pulse",
        "schedule": timedelta(seconds=heartbeat / PULSES),
        "args": [part],
        "options": {"queue": queue, "expires": heartbeat},
    }
