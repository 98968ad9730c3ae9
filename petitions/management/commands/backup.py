"""Writes everything but the keys into one file, while the site runs."""

import signal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from config.masking import masked
from petitions.backups import Refused, making


class Command(BaseCommand):
    help = "Writes the whole database into one file, while the site runs. Keys (KEYS_DIR) and sessions are not in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--overwrite", action="store_true", help="replace a file that exists")
        parser.add_argument(
            "--unencrypted", action="store_true", help="in the clear, whatever BACKUP_PUBLIC_KEYS says"
        )

    def handle(
        self, *_arguments: Any, file: Path, overwrite: bool, unencrypted: bool, **_options: Any
    ) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing is left behind
        try:
            locked_to = making.public_keys(unencrypted=unencrypted)
            making.make(file.absolute(), overwrite=overwrite, public_keys=locked_to)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or file} cannot be used: {error.strerror}.") from None
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {masked(str(error)).strip()}") from None
        except KeyboardInterrupt:
            raise CommandError("Stopped. No backup was made.") from None
        is_locked = ", encrypted" if locked_to else ""
        self.stdout.write(f"The backup is in {file}{is_locked}. Keys (KEYS_DIR) and sessions are not in it.")
