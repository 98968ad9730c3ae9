"""Looks at everything the site needs, says what is wrong and what to do; ends with 1 if something is not well."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from petitions import doctor
from petitions.doctor import senders, trials
from petitions.doctor.findings import Finding


class Command(BaseCommand):
    help = "Looks at configuration, keys, database, broker, mail server, senders, fonts, disk, clock and backups."
    requires_system_checks: list[str] = []  # they are one of its lines

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--mail", metavar="ADDRESS", help="send a test mail there from each of the two senders"
        )

    def handle(self, *_arguments: Any, mail: str | None, **_options: Any) -> None:
        findings = [*self._told(doctor.of_the_installation()), *self._told(senders.of_both())]
        if mail:
            findings += self._told(trials.of_mail(_valid(mail)))
        if not all(finding.is_well for finding in findings):
            sys.exit(1)

    def _told(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            mark = "ok" if finding.is_well else "WRONG" if finding.is_known else "?"
            self.stdout.write(f"{mark:5}  {finding.name}: {finding.sentence}")
            yield finding


def _valid(address: str) -> str:
    try:
        validate_email(address)
    except ValidationError:
        raise CommandError(f"{address} is no e-mail address.") from None
    return address
