"""Says whether it is known who wants no mail; `--anew` gives up a lost key and keeps what is known without it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from petitions.flows import recipients


class Command(BaseCommand):
    help = "Looks whether opt-outs.key is the one that made the marks of those who want no mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anew", action="store_true", help="the key is lost for good: go on with those who are known"
        )

    def handle(self, *_arguments: Any, **options: Any) -> None:
        if recipients.is_key_known():
            self.stdout.write("The key is the right one. Nothing was changed.")
        elif options["anew"]:
            number = recipients.keep_what_is_known()
            self.stdout.write(
                f"Mailboxes that want no mail and are known: {number}. The others are forgotten."
            )
        else:
            self.stdout.write("The key is lost: wishes of mailboxes whose address was erased cannot be read.")
            sys.exit(1)
