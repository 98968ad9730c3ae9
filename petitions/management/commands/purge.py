"""Keeps the retention rules now, as the nightly job does; `--dry-run` says what would go and changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from petitions.flows import jobs, purges


class Command(BaseCommand):
    help = "Erases what the retention rules no longer keep."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count only, change nothing")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        numbers: dict[str, int] = {}
        if options["dry_run"]:
            numbers = purges.due()
        elif not jobs.run_alone("purge", lambda: numbers.update(purges.keep())):
            self.stdout.write("Somebody else is at it. Nothing was done.")
            return
        for name, number in numbers.items():
            self.stdout.write(f"{number:>9}  {name}")
        self.stdout.write("Nothing was changed." if options["dry_run"] else "Erased.")
