"""Makes the two halves of a key: one that locks backups, for the site, and one that opens them, for a person."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from petitions.backups import identities

SAYS = """The file {file} opens every backup that is locked to this public key:

BACKUP_PUBLIC_KEYS={public}

Put that line into the site's settings. Take the file away from this machine, keep two copies of it, and never beside
a backup: without it no backup can be read, by nobody."""


class Command(BaseCommand):
    help = (
        "Makes a key for encrypted backups: an identity in a file, and the public key for BACKUP_PUBLIC_KEYS."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_arguments: Any, file: Path, **_options: Any) -> None:
        try:
            public = identities.make(file)
        except FileExistsError:
            raise CommandError(
                f"{file} exists. Whoever replaced an identity could not open old backups."
            ) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        self.stdout.write(SAYS.format(file=file, public=public))
