"""The only file that knows Celery. A task takes a primary key, claims its row, and may ring twice."""

from __future__ import annotations

import random

from celery import shared_task

from petitions import limits
from petitions.flows import deliveries, letters, milestones, signatures, snapshots
from petitions.models import Challenge, Delivery, Letter
from petitions.models.deliveries import sweep_abandoned

BATCH = 200  # rows rung for at one sweep


@shared_task
def sweep() -> None:
    """What the clock brings: closings, batches, milestones, snapshots, and every message whose turn it is."""
    letters.close_overdue()
    letters.destroy_left_keys()
    for letter in Letter.objects.filter(state=Letter.State.OPEN):
        signatures.publish_batch(letter)
        milestones.check(letter)
    snapshots.freeze_due()
    sweep_abandoned()
    drain_outbox()
    snapshots.erase_lists()
    Challenge.objects.stale().delete()
    limits.destroy_old_keys()


def drain_outbox() -> None:
    """Ring for what is due, in an order of chance: one bad message must not hold up the others."""
    due = list(Delivery.objects.due().values_list("pk", flat=True)[:BATCH])
    random.shuffle(due)
    for pk in due:
        send_delivery.delay(pk)


@shared_task(soft_time_limit=660, time_limit=700)
def send_delivery(pk: int) -> None:
    deliveries.send(pk)
