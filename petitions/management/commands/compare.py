"""Compares every number that letters show with the rows, now; ends with 1 where one is wrong."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from petitions import comparison
from petitions.models import Letter


class Command(BaseCommand):
    help = "Counts each letter's signatures anew beside page, PDF, API, mail and snapshots. Changes nothing."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        is_right = True
        letters = Letter.objects.published()
        for letter in letters:
            for figure in comparison.look(letter, lag=settings.COUNT_SECONDS):
                is_right = False
                place, told = figure.place, f"shows {figure.shown}, counted {figure.most}"
                self.stdout.write(f"WRONG  letter {letter.pk}, {place}: {told}")
        self.stdout.write(f"{len(letters)} letters were compared.")
        if not is_right:
            sys.exit(1)
