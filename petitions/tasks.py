"""The only file that knows Celery. A task takes a primary key, claims its row, and may ring twice.

Beat rings the others every few seconds. Each looks at the rows and does what the clock brings, alone: a second beat
changes nothing. One that fails is logged, holds up no other, and is rung again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import wraps

from celery import Task, shared_task
from django.db.models.functions import Now

from petitions import comparison, limits
from petitions.flows import (
    batches,
    deliveries,
    invalidations,
    jobs,
    letters,
    milestones,
    purges,
    restores,
    rounds,
    sending,
    snapshots,
    traces,
    updates,
)
from petitions.models import (
    Challenge,
    Delivery,
    Heartbeat,
    Invalidation,
    Job,
    Letter,
    Update,
    journal,
    pieces,
)
from petitions.models.deliveries import DeliveryQuerySet
from petitions.models.leases import take_back_abandoned

BATCH = 200  # rows that are rung for and not sent yet, at most
MANY = 5_000  # the same of followers' mails, which go out in rounds
ROUND = 100  # mails; servers often take no more over one connection


def periodic(work: Callable[[], None]) -> Task[[], None]:
    """A task that beat rings; its name is that of its lock and of the row that says when it ran."""

    @wraps(work)
    def alone() -> None:
        jobs.run_alone(work.__name__, work)

    return shared_task(alone)


@periodic
def close_letters() -> None:
    """Letters past their closing time, and keys that a crash left behind."""
    letters.close_overdue()
    letters.destroy_left_keys()


@periodic
def publish_batches() -> None:
    """Anonymous signatures that have company, and milestones that fell unseen."""
    jobs.for_each(Letter.objects.filter(state=Letter.State.OPEN), batches.publish_full, milestones.watch)


@periodic
def invalidate_signatures() -> None:
    """What owners declared invalid, or bring back, slice by slice; the rows say what is left."""
    wanted = Invalidation.objects.unfinished().values("letter")
    jobs.for_each(Letter.objects.filter(pk__in=wanted), invalidations.go_on)


@periodic
def post_updates() -> None:
    """Updates whose moment has come; of a restored database none, since they may have been posted before."""
    if restores.is_own_database():
        due = Update.objects.due().values("letter")
        jobs.for_each(Letter.objects.filter(pk__in=due), updates.post_due)


@periodic
def scatter_rows() -> None:
    """No mark stays in the place that says beside which signature it came, nor what it left behind there."""
    moved: list[int] = []
    jobs.for_each(
        Letter.objects.filter(state=Letter.State.OPEN), lambda letter: moved.append(traces.scatter(letter))
    )
    if any(moved):
        journal.empty()


@periodic
def freeze_snapshots() -> None:
    """Pictures that deliveries wait for, and lists that nobody needs any more."""
    snapshots.freeze_due()
    snapshots.settle()


@periodic
def drain_outbox() -> None:
    """Ring for what is due, in an order of chance: one bad message must not hold up the others."""
    if not restores.is_own_database():
        return
    take_back_abandoned()
    deliveries.repeat_alerts()
    due = _due(Delivery.objects.to_others(), BATCH)
    of_followers = _due(Delivery.objects.to_followers(), MANY)
    if not restores.turn_for_sending(is_anything_due=bool(due or of_followers)):
        return
    Delivery.objects.filter(pk__in=due + of_followers).update(rung_at=Now())
    for pk in due:
        send_delivery.delay(pk)
    for start in range(0, len(of_followers), ROUND):
        send_round.delay(of_followers[start : start + ROUND])


def _due(rows: DeliveryQuerySet, most: int) -> list[int]:
    """In an order of chance, as many as there is room for."""
    room = max(most - rows.rung().count(), 0)
    due = list(rows.unrung().values_list("pk", flat=True)[:room])
    random.shuffle(due)
    return due


@shared_task(soft_time_limit=660, time_limit=700)
def send_delivery(pk: int) -> None:
    """May outlast a minute, as nothing else may: a mail server may take ten to answer."""
    sending.send(pk)


@shared_task(soft_time_limit=660, time_limit=700)
def send_round(pks: list[int]) -> None:
    """To followers, over one connection. As long as `send_delivery`, since its last mail may take as long."""
    rounds.bring(pks)


@periodic
def tell_of_trouble() -> None:
    deliveries.tell_of_trouble()


@periodic
def compare_counts() -> None:
    """Each letter by itself, once a night: the numbers that it shows with the rows."""
    for pk in Letter.objects.published().values_list("pk", flat=True):
        compare_count.delay(pk)


@shared_task
def pulse(part: str) -> None:
    """Comes through a queue like any work: who notes it has shown that the queue is served."""
    Heartbeat.note(part)


@shared_task
def compare_count(pk: int) -> None:
    """With a row of its own, which says so when it failed or did not come to an end."""
    letter = Letter.objects.get(pk=pk)
    jobs.run_alone(f"{Job.COMPARING}{pk}", lambda: comparison.compare(letter))


@periodic
def purge() -> None:
    """The retention rules, once a night. What a time limit cuts off goes on in the next one."""
    purges.keep()


@shared_task(soft_time_limit=1_700, time_limit=1_800)
def write_pieces_anew() -> None:
    """Once a night, after the purge: half a minute for a million names, which it holds up nobody for."""
    pieces.write_anew()


@periodic
def forget() -> None:
    """What is of no use any more: expired codes, yesterday's key of the limits, erased words in files."""
    Challenge.objects.stale().delete()
    limits.destroy_old_keys()
    journal.empty()
