"""What is looked at by `manage.py doctor` and `/status/`: one list, each line well or wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from petitions.doctor import machine, senders, services, work
from petitions.doctor.findings import Check, Finding, examine

INSTALLATION = (
    Check(_("Version"), machine.version),
    Check(_("Configuration"), machine.configuration),
    Check(_("Keys"), machine.keys),
    Check(_("Disk"), machine.disk),
    Check(_("Fonts of the PDF"), machine.fonts),
    Check(_("Database"), services.database),
    Check(_("Tables"), services.migrations),
    Check(_("Isolation"), services.isolation),
    Check(_("Clock"), services.clock),
    Check(_("Broker"), services.broker),
    Check(_("Mail server"), services.mail_server),
    Check(_("Backup"), work.backup),
)
FROM_OUTSIDE = (
    Check(_("Sender of letters"), senders.of_letters),
    Check(_("Sender of codes"), senders.of_codes),
)
NEEDED = (  # before anything may start
    Check(_("Database"), services.database),
    Check(_("Tables"), services.migrations),
    Check(_("Isolation"), services.isolation),
)
RUNNING = (
    Check(_("Jobs"), work.jobs),
    Check(_("Queues"), work.queues),
    Check(_("Outbox"), work.outbox),
)


def of_a_start() -> Iterator[Finding]:
    """Whether web, worker and beat may start."""
    return examine(NEEDED)


def of_the_installation() -> Iterator[Finding]:
    """Whether it can run, and what mail servers elsewhere think of its senders."""
    return examine(INSTALLATION + FROM_OUTSIDE)


def of_a_running_site() -> Iterator[Finding]:
    """Whether it can, and does; it asks no name server, for a page has to come at once."""
    return examine(INSTALLATION + RUNNING)
