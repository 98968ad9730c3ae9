"""The only file that knows Celery. A task takes a primary key, claims its row, and may ring twice.

Beat rings the others every few seconds. Each looks at the rows and does what the clock brings; one that fails
is logged, holds up no other, and is rung again.
"""

from __future__ import annotations

import random

from celery import shared_task
from django.db.models.functions import Now

from petitions import limits
from petitions.flows import batches, deliveries, letters, milestones, snapshots
from petitions.models import Challenge, Delivery, Letter, journal
from petitions.models.deliveries import sweep_abandoned

BATCH = 200  # rows rung for at a time


@shared_task
def close_letters() -> None:
    """Letters past their closing time, and keys that a crash left behind."""
    letters.close_overdue()
    letters.destroy_left_keys()


@shared_task
def publish_batches() -> None:
    """Anonymous signatures that have company, and milestones that fell unseen."""
    for letter in Letter.objects.filter(state=Letter.State.OPEN):
        batches.publish_full(letter)
        milestones.check(letter)


@shared_task
def freeze_snapshots() -> None:
    """Pictures that deliveries wait for, and lists that nobody needs any more."""
    snapshots.freeze_due()
    snapshots.settle()


@shared_task
def drain_outbox() -> None:
    """Ring for what is due, in an order of chance: one bad message must not hold up the others."""
    sweep_abandoned()
    due = list(Delivery.objects.unrung().values_list("pk", flat=True)[:BATCH])
    random.shuffle(due)
    Delivery.objects.filter(pk__in=due).update(rung_at=Now())
    for pk in due:
        send_delivery.delay(pk)


@shared_task(soft_time_limit=660, time_limit=700)
def send_delivery(pk: int) -> None:
    deliveries.send(pk)


@shared_task
def forget() -> None:
    """What is of no use any more: expired codes, yesterday's key of the limits, erased words in SQLite's log."""
    Challenge.objects.stale().delete()
    limits.destroy_old_keys()
    journal.empty()
