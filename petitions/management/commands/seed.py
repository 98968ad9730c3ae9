"""Loads `seeds/` through the product's own flows. Safe to repeat, and goes on where a killed run stopped."""

from typing import Any

from django.core.management.base import BaseCommand

from petitions import seeds


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        for line in seeds.load():
            self.stdout.write(line)
