"""Says whether pages are held after a restore, and lets them be shown again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from petitions import holding
from petitions.flows import restores


class Command(BaseCommand):
    help = "Says whether pages are held because a restored database may show what was erased since."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--show-pages", action="store_true", help="you have looked, and let them be shown"
        )

    def handle(self, *_arguments: Any, show_pages: bool, **_options: Any) -> None:
        if show_pages:
            restores.show_pages()
        self.stdout.write(holding.sentence())
