"""Walks the whole chain of audit events; says which event it breaks at, and exits with 1."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from petitions.flows import audit
from petitions.models import AuditChain, AuditEvent


class Command(BaseCommand):
    help = "Checks that no audit event was changed, removed, moved or put in between."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--known",
            default="",
            metavar="HASH",
            help="an end of the chain that you wrote down: is it in it?",
        )

    def handle(self, *_arguments: Any, known: str, **_options: Any) -> None:
        found = audit.broken(known=known.strip().lower())
        if found:
            raise CommandError(f"Event {found.number}{found.verb and f' ({found.verb})'}: {found.why}")
        chain = AuditChain.only()
        self.stdout.write(f"{AuditEvent.objects.count()} events, each in its place.")
        if chain.forgotten_number:
            self.stdout.write(f"Up to event {chain.forgotten_number} they were erased for their age.")
        self.stdout.write(f"The chain ends at event {chain.number}: {chain.sha256}")
