"""What is looked at by `manage.py doctor` and `/status/`: one list, each line well or wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from petitions.doctor import machine, parts, services, work
from petitions.doctor.findings import Check, Finding, examine

BACKUP = Check(_("Backup"), work.backup)
OPT_OUTS = Check(_("Who wants no mail"), work.opt_outs)
PAGES = Check(_("Pages"), work.pages)
INSTALLATION = (
    Check(_("Version"), machine.version),
    Check(_("Configuration"), machine.configuration),
    Check(_("Keys"), machine.keys),
    OPT_OUTS,
    Check(_("Disk"), machine.disk),
    Check(_("Fonts of the PDF"), machine.fonts),
    Check(_("Database"), services.database),
    Check(_("Tables"), services.migrations),
    Check(_("Isolation"), services.isolation),
    Check(_("Clock"), services.clock),
    Check(_("Broker"), services.broker),
    Check(_("Mail server"), services.mail_server),
    BACKUP,
    PAGES,
)
TO_START = (
    Check(_("Database"), services.database),
    Check(_("Tables"), services.migrations),
    Check(_("Isolation"), services.isolation),
)
RUNNING = (
    Check(_("Beat"), parts.beat),
    Check(_("Worker"), parts.worker),
    Check(_("Sender of mails"), parts.sender),
    Check(_("Jobs"), work.jobs),
    Check(_("Queues"), work.queues),
    Check(_("Outbox"), work.outbox),
    Check(_("Numbers"), work.numbers),
    Check(_("Keys of open letters"), work.letter_keys),
)
TO_ANSWER = (
    Check(_("Database"), services.database),
    Check(_("Tables"), services.migrations),
    Check(_("Disk"), machine.disk),
)
OTHERS = (Check(_("Broker"), services.broker), Check(_("Mail server"), services.mail_server))


def of_a_start() -> Iterator[Finding]:
    """Whether web, worker and beat may start."""
    return examine(TO_START)


def of_what_can_wait() -> Iterator[Finding]:
    """What is said at a start, and keeps nothing from starting."""
    return examine([OPT_OUTS])


def of_the_installation() -> Iterator[Finding]:
    """Whether it can run."""
    return examine(INSTALLATION)


def of_a_running_site() -> Iterator[Finding]:
    """Whether it can, and does."""
    return examine(INSTALLATION + RUNNING)


def of_what_pages_need() -> list[Finding]:
    """Whether this process can answer. Neither Redis nor mail is asked: signing goes on without them."""
    return _of_a_database(TO_ANSWER)


def of_what_is_watched() -> list[Finding]:
    """What a program may ask for every minute. Without the database nothing is said that only it knows."""
    return [*_of_a_database((*TO_ANSWER, *RUNNING, OPT_OUTS, BACKUP, PAGES)), *examine(OTHERS)]


def _of_a_database(checks: tuple[Check, ...]) -> list[Finding]:
    first, *others = checks
    database = next(examine([first]))
    asked = others if database.is_well else [check for check in others if check.look is machine.disk]
    return [database, *examine(asked)]
