"""Puts a backup in the place of everything; nothing unsent leaves before an operator releases it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from petitions.backups import Refused, restoring

QUESTION = (
    "This replaces the whole database. Whatever was signed, changed or taken down since the backup is undone.\n"
    "Type yes to go on: "
)


class Command(BaseCommand):
    help = "Puts a backup in the place of the whole database, and holds whatever it has not sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *_arguments: Any, file: Path, yes: bool, **_options: Any) -> None:
        began = timezone.now()
        try:
            restoring.check(file)
            if not yes and not self._is_sure():
                raise CommandError("Nothing was changed.")
            restoring.restore(file)
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from None
        self.stdout.write(f"Restored from {file}.")
        for line in restoring.report(began):
            self.stdout.write(line)

    def _is_sure(self) -> bool:
        try:
            return input(QUESTION).strip().lower() == "yes"
        except EOFError:
            return False
