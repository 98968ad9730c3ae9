"""What programs read about the site, in the form of Prometheus: numbers beside fixed words and public domains."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import DatabaseError
from django.db.models import Count
from django.utils import timezone
from redis.exceptions import RedisError

from petitions import doctor, undelivered
from petitions.doctor import machine, work
from petitions.models import Delivery, Domain, Heartbeat, Job, Letter, Mismatch

TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTED = ("held", "queued", "leased", "in_data", "refused", "unknown")
Values = Iterable[tuple[str, float]]  # each with what tells it from the others


@dataclass(frozen=True)
class Gauge:
    """A number, or several by the word in their label."""

    name: str
    help: str
    label: str
    values: Values

    def lines(self) -> Iterator[str]:
        name = f"undersigned_{self.name}"
        yield f"# HELP {name} {self.help}"
        yield f"# TYPE {name} gauge"
        for word, number in self.values:
            label = f'{{{self.label}="{word}"}}' if self.label else ""
            yield f"{name}{label} {number:.12g}"


def text() -> str:
    """What cannot be told at this moment is left out; `undersigned_well` says why."""
    return "".join(f"{line}\n" for gauge in _told() for line in gauge.lines())


def _told() -> Iterator[Gauge]:
    findings = doctor.of_what_is_watched()
    yield Gauge(
        "well", "1 when it is well, 0 when something is wrong with it.", "part",
        [(finding.key, finding.is_well) for finding in findings],
    )  # fmt: skip
    yield Gauge("disk_free_bytes", "Room where the site writes.", "folder", _disk())
    if findings[0].is_well:
        yield from _of_the_database()
    try:
        yield Gauge("queue_length", "Messages in a queue of the broker.", "queue", work.waiting().items())
    except (RedisError, OSError):
        return


def _of_the_database() -> Iterator[Gauge]:
    try:
        yield from list(_of_tables())
    except DatabaseError:
        return


def _of_tables() -> Iterator[Gauge]:
    now = timezone.now()
    since = work.oldest_mail()
    oldest = (now - since).total_seconds() if since else 0
    yield Gauge("oldest_mail_seconds", "How long the oldest mail waits that could leave.", "", [("", oldest)])
    yield Gauge("mails", "Mails of the outbox that are not sent.", "state", _mails())
    yield Gauge("heartbeat_age_seconds", "Since a part was last seen at work.", "part", _heartbeats())
    yield Gauge("job_age_seconds", "Since a job was last done.", "job", _jobs(now.timestamp()))
    yield Gauge("job_failed", "1 when the last run of a job failed.", "job", _failures())
    yield Gauge("count_mismatches", "Shown numbers that are not what the rows say.", "", _mismatches())
    yield Gauge(
        "codes_undelivered", "Codes that did not leave this hour, in whole tens.", "domain", list(_domains())
    )  # fmt: skip
    made_at = work.backed_up_at()
    ages = [("", (now - made_at).total_seconds())] if made_at else []
    yield Gauge("backup_age_seconds", "Since the last backup was made.", "", ages)


def _disk() -> Values:
    return [(name, shutil.disk_usage(folder).free) for name, folder in machine.written().items()]


def _mails() -> Values:
    states = Delivery.objects.filter(state__in=COUNTED).order_by().values_list("state")
    found = dict(states.annotate(number=Count("pk")))
    return [(state, found.get(state, 0)) for state in COUNTED]


def _heartbeats() -> Values:
    return [(part, age.total_seconds()) for part, age in Heartbeat.ages().items()]


def _jobs(now: float) -> Values:
    """Those of a single letter are left out."""
    done = Job.objects.exclude(succeeded_at=None).exclude(name__contains=Job.COMPARING)
    return [(job.name, now - job.succeeded_at.timestamp()) for job in done if job.succeeded_at]


def _failures() -> Values:
    jobs = Job.objects.exclude(name__contains=Job.COMPARING)
    return [(job.name, bool(job.error)) for job in jobs]


def _mismatches() -> Values:
    return [("", Mismatch.objects.count())]


def _domains() -> Iterator[tuple[str, float]]:
    """Of letters that everybody can see."""
    public = Letter.objects.published().filter(is_listed=True)
    for domain in Domain.objects.filter(workplace__letters__in=public).distinct():
        yield domain.name, undelivered.tens(domain.name)
