"""Looks before web, worker or beat starts, and lets none start that would do harm. Says nothing when all is well."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from petitions import doctor


class Command(BaseCommand):
    help = (
        "Ends with 1 where nothing may start: wrong settings, tables of another version, another isolation."
    )

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        wrong = [f"{look.name}: {look.sentence}" for look in doctor.of_a_start() if not look.is_well]
        if wrong:
            raise CommandError("Nothing may start.\n" + "\n".join(wrong))
