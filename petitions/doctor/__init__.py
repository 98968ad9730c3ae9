"""What is looked at by `manage.py doctor` and `/status/`: one list, each line well or wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from petitions.doctor import machine, services, work
from petitions.doctor.findings import Check, Finding, examine

INSTALLATION = (
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
RUNNING = (
    Check(_("Jobs"), work.jobs),
    Check(_("Queues"), work.queues),
    Check(_("Outbox"), work.outbox),
)


def of_the_installation() -> Iterator[Finding]:
    """Whether it can run."""
    return examine(INSTALLATION)


def of_a_running_site() -> Iterator[Finding]:
    """The same, and whether it does."""
    return examine(INSTALLATION + RUNNING)
