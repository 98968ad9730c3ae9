"""Whether the site does its work: backups, jobs, queues, mails, numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from celery.schedules import crontab
from django.conf import settings
from django.db.models import Min
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from config.refusals import is_here
from petitions import holding
from petitions.backups import making
from petitions.doctor import parts
from petitions.doctor.findings import Wrong
from petitions.doctor.services import asked
from petitions.flows import recipients
from petitions.flows.letters import has_marks_keys
from petitions.holding import Held
from petitions.models import Delivery, Installation, Job, Letter, Mismatch, OptOut

OLDEST_BACKUP = timedelta(days=2)
NIGHTLY = timedelta(hours=26)
LATE = 20  # times its interval until a job is late, and never less than a minute
MOST_WAITING = 1_000
OLDEST_MAIL = timedelta(minutes=2)


def backup() -> str:
    """A site that writes to nobody may do without."""
    made_at = backed_up_at()
    writes = settings.EMAIL_HOST and not settings.MAILBOX_SOCKET
    if made_at is None:
        if writes:
            raise Wrong(_("None was made. Run: manage.py backup FILE, every night, to another machine."))
        return _("None was made; this site writes to nobody.")
    age = {"age": timesince(made_at)}
    if writes and timezone.now() - made_at > OLDEST_BACKUP:
        raise Wrong(_("The last one is %(age)s old. Run: manage.py backup FILE, every night.") % age)
    if settings.BACKUP_PUBLIC_KEYS:
        return _("The last one is %(age)s old. They are encrypted.") % age
    if not is_here(settings.SITE_URL):
        sentence = _(
            "The last one is %(age)s old and not encrypted. Set BACKUP_PUBLIC_KEYS: see docs/restore.md."
        )
        raise Wrong(sentence % age)
    return _("The last one is %(age)s old. They are not encrypted.") % age


def backed_up_at() -> datetime | None:
    return Job.objects.filter(name=making.NAME).values_list("succeeded_at", flat=True).first()


def pages() -> str:
    if holding.what() is Held.EVERYTHING:
        raise Wrong(_("All are held: a restore is at work, or was killed. Then run it again."))
    if holding.what() is Held.PUBLIC:
        raise Wrong(
            _("Public ones are held after a restore. Look first, then run: manage.py erasures --show-pages")
        )
    return _("All are shown.")


def jobs() -> str:
    failed = list(Job.objects.exclude(error="").values_list("name", flat=True))
    if failed:
        raise Wrong(_("Failed: %(jobs)s. What does the worker's log say?") % {"jobs": ", ".join(failed)})
    if not parts.is_working():
        return _("They wait for what is stopped: see Broker, Beat and Worker.")
    late = list(_late())
    if late:
        sentence = _("Late: %(jobs)s. Are there enough workers, and what does their log say?")
        raise Wrong(sentence % {"jobs": ", ".join(late)})
    return _("Each ran when it was due.")


def queues() -> str:
    try:
        lengths = waiting()
    except (RedisError, OSError):
        return _("It cannot be told: see Broker.")
    says = ", ".join(f"{name} {length}" for name, length in lengths.items())
    if max(lengths.values()) > MOST_WAITING:
        raise Wrong(_("Too much waits: %(lengths)s. Start more workers.") % {"lengths": says})
    return says


def waiting() -> dict[str, int]:
    """How many messages wait in each queue of the broker."""
    broker: Any = asked()
    return {name: broker.llen(name) for name in settings.QUEUES.values()}


def oldest_mail() -> datetime | None:
    """Since when the oldest one waits that could leave."""
    since: datetime | None = Delivery.objects.due().aggregate(since=Min("not_before"))["since"]
    return since


def outbox() -> str:
    mails = Delivery.objects.troubles()
    since = oldest_mail()
    if mails["held"]:
        raise Wrong(
            _("%(number)s mails are held. Decide about them under Operations.") % {"number": mails["held"]}
        )
    if since and timezone.now() - since > OLDEST_MAIL:
        raise Wrong(_("The oldest mail that could leave waits for %(age)s.") % {"age": timesince(since)})
    if Installation.that_stops(Installation.Switch.MAILS).exists():
        return _("An operator paused all mails.")
    return _("%(undecided)s mails wait for an organizer's decision, %(late)s for a mail server.") % mails


def letter_keys() -> str:
    lost = [
        letter.pk for letter in Letter.objects.filter(state=Letter.State.OPEN) if not has_marks_keys(letter)
    ]
    if lost:
        sentence = _(
            "Open without its keys: letter %(letters)s. Whoever signed it can sign again and counts twice. Close it."
        )
        raise Wrong(sentence % {"letters": ", ".join(map(str, lost))})
    return _("Each open letter has its own.")


def opt_outs() -> str:
    if not recipients.is_key_known():
        sentence = _(
            "%(key)s, below KEYS_DIR, is missing or is another one: who wants no mail is forgotten where the address "
            "was erased. Put it back, or see A key is lost in the runbook."
        )
        raise Wrong(sentence % {"key": OptOut.KEY})
    return _("Whoever asked for no mail is known.")


def numbers() -> str:
    wrong = Mismatch.objects.count()
    if wrong:
        sentence = ngettext(
            "%(number)s number is not what the rows say. See Operations.",
            "%(number)s numbers are not what the rows say. See Operations.",
            wrong,
        )
        raise Wrong(sentence % {"number": wrong})
    return _("Each number that was compared is what the rows say.")


def _late() -> Iterator[str]:
    rows = {job.name: job for job in Job.objects.all()}
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        if "args" in entry:
            continue  # a pulse: see parts
        job, interval = rows.get(name), entry["schedule"]
        if isinstance(interval, crontab):
            is_late = bool(job and job.succeeded_at and timezone.now() - job.succeeded_at > NIGHTLY)
        else:
            longest = max(interval * LATE, timedelta(minutes=1))
            is_late = not (job and job.succeeded_at and timezone.now() - job.succeeded_at < longest)
        if is_late:
            yield name
