"""Says how the running site stands, as /status/ does; ends with 1 if something is wrong."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from petitions import doctor


class Command(BaseCommand):
    help = "Looks at the installation and at its work: beat, workers, jobs, mails, numbers."
    requires_system_checks: list[str] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        findings = list(doctor.of_a_running_site())
        for finding in findings:
            self.stdout.write(f"{'ok' if finding.is_well else 'WRONG':5}  {finding.name}: {finding.sentence}")
        if not all(finding.is_well for finding in findings):
            sys.exit(1)
