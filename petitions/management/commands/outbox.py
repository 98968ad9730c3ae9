"""What of each letter's mails is not sent, and why; `--unknown` lists those about which a person has to decide."""

from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count

from config.masking import masked
from petitions.models import Delivery
from petitions.templatetags.answers import answer

State = Delivery.State
TOLD = (State.HELD, State.QUEUED, State.LEASED, State.IN_DATA, State.UNKNOWN, State.REFUSED)


class Command(BaseCommand):
    help = "Counts the mails that are not sent, by letter, state and the mail server's answer. Names nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--unknown", action="store_true", help="list mails that may have arrived")

    def handle(self, *_arguments: Any, unknown: bool, **_options: Any) -> None:
        lines = list(self._unknown() if unknown else self._counted())
        for line in lines or ["Nothing waits."]:
            self.stdout.write(line)

    def _counted(self) -> Iterator[str]:
        rows = Delivery.objects.filter(state__in=TOLD).order_by("letter", "state", "smtp_code", "smtp_text")
        groups = rows.values_list("letter_id", "state", "smtp_code", "smtp_text").annotate(number=Count("pk"))
        for letter, state, code, text, number in groups:
            said = masked(answer(Delivery(smtp_code=code, smtp_text=text)))
            yield f"{number:>6}  letter {letter or '-'}  {state}  {said}".rstrip()

    def _unknown(self) -> Iterator[str]:
        """With the Message-ID, which stands in the mail server's log."""
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
        for row in Delivery.objects.undecided().order_by("letter", "pk"):
            begun = f"{row.body_started_at:%Y-%m-%d %H:%M:%S}" if row.body_started_at else "-"
            yield f"letter {row.letter_id or '-'}  {row.kind}  {begun} UTC  <{row.message_id}@{domain}>"
