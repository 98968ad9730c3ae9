"""Starts everything on this machine: broker, database, mailbox, web, worker and beat."""

import contextlib
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from petitions.embedded import Refused, environment
from petitions.embedded.run import run
from petitions.embedded.startup import ORGANIZER


class Command(BaseCommand):
    help = "Runs Undersigned on this machine: web, worker, database, broker and a mailbox."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        environment.add_arguments(parser)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        place = environment.prepared
        if place is None:
            raise CommandError("Only `manage.py up` itself can start everything.")
        try:
            run(place, with_seeds=not options["no_seeds"], say=self._say, welcome=self._welcome)
        except Refused as refusal:
            sys.exit(str(refusal))

    def _welcome(self) -> None:
        place = environment.prepared
        assert place is not None
        self._say(f"Undersigned runs at {settings.SITE_URL}")
        if settings.MAILBOX_SOCKET:
            self._say(f"Organizer  {ORGANIZER} (its sign-in code arrives in the mailbox)")
            self._say(f"Mailbox    {settings.SITE_URL}/mailbox/")
        self._say(f"Data       {place.data}")
        self._say("Ctrl-C stops everything.")

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone, and that must not keep us from ending
            self.stdout.write(line)
            self.stdout.flush()
