"""Time that passes for the rows alone: stored times are moved back, because the product has no clock to turn."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from petitions.models import Delivery, Job

TIMES = ("not_before", "waiting_since", "rung_at", "lease_until", "created_at")


def pass_by(time: timedelta) -> None:
    """As if so much time had passed."""
    Delivery.objects.update(**{name: F(name) - time for name in TIMES})
    Job.objects.update(held_until=F("held_until") - time)


def end_leases() -> None:
    """What the sweep finds a quarter of an hour after the senders were killed, and rings for again."""
    Delivery.objects.exclude(lease_until=None).update(lease_until=F("lease_until") - timedelta(minutes=15))
    Delivery.objects.exclude(rung_at=None).update(rung_at=F("rung_at") - timedelta(minutes=15))
