"""Whether the site does its work: backups, jobs, queues, mails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.db.models import Min
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from petitions.backups import making
from petitions.doctor.findings import Wrong
from petitions.doctor.services import asked
from petitions.models import Delivery, Installation, Job

OLDEST_BACKUP = timedelta(days=2)
NIGHTLY = timedelta(hours=26)
LATE = 20  # times its interval until a job is late, and never less than a minute
MOST_WAITING = 1_000
OLDEST_MAIL = timedelta(minutes=2)
QUEUES = (settings.CELERY_TASK_DEFAULT_QUEUE, "deliveries")


def backup() -> str:
    """A site that writes to nobody may do without."""
    made_at = Job.objects.filter(name=making.NAME).values_list("succeeded_at", flat=True).first()
    writes = settings.EMAIL_HOST and not settings.MAILBOX_SOCKET
    if made_at is None:
        if writes:
            raise Wrong(_("None was made. Run: manage.py backup FILE, every night, to another machine."))
        return _("None was made; this site writes to nobody.")
    age = {"age": timesince(made_at)}
    if writes and timezone.now() - made_at > OLDEST_BACKUP:
        raise Wrong(_("The last one is %(age)s old. Run: manage.py backup FILE, every night.") % age)
    return _("The last one is %(age)s old.") % age


def jobs() -> str:
    late = list(_late())
    if late:
        sentence = _("Late or failed: %(jobs)s. Is beat running, is a worker, and what does its log say?")
        raise Wrong(sentence % {"jobs": ", ".join(late)})
    return _("Each ran when it was due.")


def queues() -> str:
    lengths = waiting()
    says = ", ".join(f"{name} {length}" for name, length in lengths.items())
    if max(lengths.values()) > MOST_WAITING:
        raise Wrong(_("Too much waits: %(lengths)s. Start more workers.") % {"lengths": says})
    return says


def waiting() -> dict[str, int]:
    """How many messages wait in each queue of the broker."""
    broker: Any = asked()
    return {name: broker.llen(name) for name in QUEUES}


def outbox() -> str:
    mails = Delivery.objects.troubles()
    since = Delivery.objects.due().aggregate(since=Min("not_before"))["since"]
    if mails["held"]:
        raise Wrong(
            _("%(number)s mails are held. Decide about them under Operations.") % {"number": mails["held"]}
        )
    if since and timezone.now() - since > OLDEST_MAIL:
        raise Wrong(_("The oldest mail that could leave waits for %(age)s.") % {"age": timesince(since)})
    if Installation.that_stops(Installation.Switch.MAILS).exists():
        return _("An operator paused all mails.")
    return _("%(undecided)s mails wait for an organizer's decision, %(late)s for a mail server.") % mails


def _late() -> Iterator[str]:
    rows = {job.name: job for job in Job.objects.all()}
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        job, interval = rows.get(name), entry["schedule"]
        if isinstance(interval, crontab):
            is_late = bool(job and job.succeeded_at and timezone.now() - job.succeeded_at > NIGHTLY)
        else:
            longest = max(interval * LATE, timedelta(minutes=1))
            is_late = not (job and job.succeeded_at and timezone.now() - job.succeeded_at < longest)
        if is_late or (job and job.error):
            yield name
