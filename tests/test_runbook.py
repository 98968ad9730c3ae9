"""Each page of the runbook begins with three commands, which help in the trouble that it is about."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.utils import timezone

from petitions import counts
from petitions.backups import making
from petitions.crypto import keys
from petitions.doctor import machine
from petitions.flows import bursts, deliveries, letters, snapshots
from petitions.models import Delivery, Domain, Letter, Tally
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db(transaction=True)

RUNBOOK = (Path(__file__).parent.parent / "docs" / "runbook.md").read_text(encoding="utf-8")
PAGES = dict(re.findall(r"^## (.+)\n\n```sh\n((?:.+\n){3})```$", RUNBOOK, re.MULTILINE))


class Trouble:
    """A site that is well, and what happens to it."""

    def __init__(self, settings, monkeypatch, backup: Path) -> None:
        self.settings, self.monkeypatch, self.backup = settings, monkeypatch, backup
        self.letter = make_letter()
        sign(self.letter, "Ada Lovelace")
        deliveries.deliver(self.letter, number=1, by=self.letter.memberships.get().user)
        snapshots.freeze_due()

    def mail_down(self) -> None:
        self.settings.EMAIL_PORT = 1
        Delivery.objects.update(smtp_text="ConnectionRefusedError")

    def unknown(self) -> None:
        Delivery.objects.update(state="unknown", body_started_at=timezone.now())

    def mismatch(self) -> None:
        self.monkeypatch.setattr(counts, "shown", lambda letter: Tally(named=9))

    def disk_full(self) -> None:
        self.monkeypatch.setattr(machine, "LEAST_BYTES", 10**15)

    def key_lost(self) -> None:
        keys.destroy(configured.KEYS_DIR, self.letter.key_name("sign"))

    def mass_fakes(self) -> None:
        bursts.freeze(Domain.objects.get())

    def legal_request(self) -> None:
        letters.close(self.letter)
        Letter.objects.update(closed_at=timezone.now() - timedelta(days=400))

    def restore(self) -> None:
        making.make(self.backup)


SAYS = {
    "Mail is down": (
        Trouble.mail_down,
        "WRONG  Mail server:",
        "queued  The mail server could not be",
        "Mail server:",
    ),
    "Unknown letters": (Trouble.unknown, "@undersigned.test>", "unknown", "2 mails wait for"),
    "A number does not match": (
        Trouble.mismatch,
        "page: shows 9, counted 1",
        "Numbers:",
        "each in its place",
    ),
    "The disk is full": (Trouble.disk_full, "WRONG  Disk:", "Nothing was changed.", "WRONG  Disk:"),
    "A key is lost": (Trouble.key_lost, "Open without its keys: letter", "Keys:", "queued"),
    "Mass fakes": (Trouble.mass_fakes, "The backup is in", "Jobs:", "each in its place"),
    "A legal request": (Trouble.legal_request, "Nothing was changed.", "each in its place", "Outbox:"),
    "Restore": (Trouble.restore, "Held deliveries: 2.", "held", "2 mails are held."),
}


def run(line: str, backup: Path) -> str:
    python, manage, *words = shlex.split(line)
    assert (python, manage) == ("python", "manage.py")
    out = StringIO()
    with contextlib.suppress(SystemExit):  # something is wrong, as it should say
        call_command(*(str(backup) if word == "BACKUP" else word for word in words), stdout=out)
    return out.getvalue()


def test_each_page_begins_with_three_commands():
    assert list(PAGES) == re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE) == list(SAYS)


@pytest.mark.parametrize("page", SAYS)
def test_the_three_commands_of_a_page_say_what_it_promises(page, settings, monkeypatch, tmp_path):
    trouble = Trouble(settings, monkeypatch, tmp_path / "site.backup")
    provoke: Callable[[Trouble], None]
    provoke, *expected = SAYS[page]
    provoke(trouble)

    told = [run(line, trouble.backup) for line in PAGES[page].splitlines()]

    assert [sentence for sentence, said in zip(expected, told, strict=True) if sentence not in said] == [], (
        told
    )
    assert not any("Ada" in said or "@company.test" in said for said in told)
