"""Looks at everything the site needs, says what is wrong and what to do; ends with 1 if something is."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from petitions import doctor


class Command(BaseCommand):
    help = "Looks at configuration, keys, database, broker, mail server, fonts, disk and backups."
    requires_system_checks: list[str] = []  # they are one of its lines

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        is_well = True
        for finding in doctor.of_the_installation():
            is_well = is_well and finding.is_well
            self.stdout.write(f"{'ok' if finding.is_well else 'WRONG':5}  {finding.name}: {finding.sentence}")
        if not is_well:
            sys.exit(1)
