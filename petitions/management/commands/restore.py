"""Puts a backup in the place of everything; nothing unsent leaves before an operator releases it."""

import signal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from petitions.backups import Refused, locked, restoring

QUESTION = (
    "This replaces the whole database. Whatever was signed, changed or taken down since the backup is undone.\n"
    "Type yes to go on: "
)


class Command(BaseCommand):
    help = "Puts a backup in the place of the whole database, and holds whatever it has not sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--identity", type=Path, help="the file that opens an encrypted backup")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *_arguments: Any, file: Path, identity: Path | None, yes: bool, **_options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was decrypted goes
        began = timezone.now()
        try:
            with locked.readable(file, identity) as backup:
                self._restore(backup, is_sure=yes)
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from None
        except OSError as error:
            raise CommandError(f"{error.filename or file} cannot be used: {error.strerror}.") from None
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run it again: it may not have come to its end.") from None
        self.stdout.write(f"Restored from {file}.")
        for line in restoring.report(began):
            self.stdout.write(line)

    def _restore(self, backup: Path, *, is_sure: bool) -> None:
        restoring.check(backup)
        if not is_sure and not self._asks():
            raise CommandError("Nothing was changed.")
        restoring.restore(backup)

    def _asks(self) -> bool:
        try:
            return input(QUESTION).strip().lower() == "yes"
        except EOFError:
            return False
