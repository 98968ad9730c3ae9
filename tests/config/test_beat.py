from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from config.beat import Clock
from config.celery import app
from config.schedule import OFTEN


def test_sweeps_of_a_round_come_one_after_the_other(tmp_path):
    """From the first start on, and from each later one, however long the clock stood still."""
    step = timedelta(seconds=settings.SWEEP_SECONDS) / len(OFTEN)
    for _ in range(2):
        clock = Clock(app, schedule_filename=str(tmp_path / "schedule"))
        entries = [clock.schedule[name] for name in OFTEN]
        now = entries[0].default_now()

        due = [entry.last_run_at + entry.schedule.run_every - now for entry in entries]

        assert all(abs(wait - step * number) < step / 2 for number, wait in enumerate(due, 1)), due
        for entry in entries:
            entry.last_run_at = now - timedelta(hours=1)
        clock.close()
