"""Looks before web, worker or beat starts, and lets none start that would do harm. Says nothing when all is well.

What is wrong and can wait is said, and all starts: signing goes on. An older copy of the database is told apart here,
before a page of it is shown.
"""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from petitions import doctor
from petitions.doctor.findings import Finding
from petitions.flows import restores


class Command(BaseCommand):
    help = (
        "Ends with 1 where nothing may start: wrong settings, tables of another version, another isolation."
    )

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        wrong = _wrong(doctor.of_a_start())
        if wrong:
            raise CommandError("Nothing may start.\n" + "\n".join(wrong))
        for line in _wrong(doctor.of_what_can_wait()):
            self.stderr.write(line)
        try:
            restores.is_own_database()
        except OSError as error:
            raise CommandError(f"KEYS_DIR cannot be used: {error.strerror}.") from None


def _wrong(findings: Iterable[Finding]) -> list[str]:
    return [f"{finding.name}: {finding.sentence}" for finding in findings if not finding.is_well]
