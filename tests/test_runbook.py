"""Each page of the runbook begins with three commands, which help in the trouble that it is about."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.utils import timezone

from petitions import cache
from petitions.backups import identities, making
from petitions.crypto import keys
from petitions.doctor import machine
from petitions.flows import bursts, deliveries, letters, recipients, sending, snapshots
from petitions.models import Attempt, Delivery, Domain, Grown, Letter, OptOut, Tally
from tests.factories import make_letter, sign, sign_many
from tests.promises.faults import FaultyServer, drops
from tests.promises.test_storage import small_disk

pytestmark = pytest.mark.django_db(transaction=True)

RUNBOOK = (Path(__file__).parent.parent / "docs" / "runbook.md").read_text(encoding="utf-8")
PAGES = dict(re.findall(r"^## (.+)\n\n```sh\n((?:.+\n){3})```$", RUNBOOK, re.MULTILINE))


class Trouble:
    """A site that is well, and what happens to it."""

    def __init__(self, settings, monkeypatch, place: Path, stack: contextlib.ExitStack) -> None:
        self.settings, self.monkeypatch, self.place, self.stack = settings, monkeypatch, place, stack
        self.files = {"BACKUP": place / "site.backup", "IDENTITY": place / "identity.txt"}
        settings.BACKUP_PUBLIC_KEYS = [identities.make(self.files["IDENTITY"])]
        settings.KEYS_DIR = place / "keys"
        settings.KEYS_DIR.mkdir(mode=0o700)
        self.letter = make_letter()
        sign(self.letter, "Ada Lovelace")
        deliveries.deliver(self.letter, number=1, by=self.letter.memberships.get().user)
        snapshots.freeze_due()

    def send_all(self) -> None:
        for pk in Delivery.objects.due().values_list("pk", flat=True):
            sending.send(pk)

    def mail_down(self) -> None:
        """Nobody listens there."""
        self.settings.EMAIL_PORT = 1
        self.send_all()

    def unknown(self) -> None:
        """It takes the mail and falls silent before it says so."""
        server = self.stack.enter_context(FaultyServer({"dot": drops}))
        self.settings.EMAIL_PORT = server.port
        self.send_all()

    def mismatch(self) -> None:
        """Redis keeps another number than the rows give."""
        self.settings.COUNT_SECONDS = 1
        cache.put(f"grown:{self.letter.pk}", Grown(Tally(named=9), []).as_cached(), 600)

    def disk_full(self) -> None:
        """A small one that is filled, where this machine lets us mount one."""
        disk = self.place / "disk"
        if self.stack.enter_context(small_disk(disk)):
            shutil.copytree(self.settings.KEYS_DIR, disk / "keys")
            self.settings.KEYS_DIR = disk / "keys"
            self.settings.KEYS_DIR.chmod(0o700)
            with contextlib.suppress(OSError), (disk / "full").open("wb") as file:
                while file.write(bytes(1_000_000)):
                    pass
        else:
            self.monkeypatch.setattr(machine, "LEAST_BYTES", 10**15)

    def key_lost(self) -> None:
        recipients.want_no_mail(self.letter.recipients.first())
        keys.destroy(configured.KEYS_DIR, self.letter.key_name("sign"))
        keys.destroy(configured.KEYS_DIR, OptOut.KEY)

    def mass_fakes(self) -> None:
        sign_many(self.letter, 200)
        bursts.freeze(Domain.objects.get())

    def legal_request(self) -> None:
        letters.close(self.letter)
        Letter.objects.update(closed_at=timezone.now() - timedelta(days=400))

    def restore(self) -> None:
        """Somebody empties tables after the backup."""
        making.make(self.files["BACKUP"], public_keys=self.settings.BACKUP_PUBLIC_KEYS)
        Attempt.objects.all().delete()
        Delivery.objects.all().delete()


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
    "A key is lost": (
        Trouble.key_lost,
        "Open without its keys: letter",
        "WRONG  Who wants no mail: opt-outs.key",
        "queued",
    ),
    "Mass fakes": (Trouble.mass_fakes, "The backup is in", "Jobs:", "each in its place"),
    "A legal request": (Trouble.legal_request, "Nothing was changed.", "each in its place", "Outbox:"),
    "Restore": (Trouble.restore, "Held deliveries: 2.", "held", "2 mails are held."),
}


def run(line: str, files: dict[str, Path]) -> str:
    python, manage, *words = shlex.split(line)
    assert (python, manage) == ("python", "manage.py")
    out = StringIO()
    with contextlib.suppress(SystemExit):  # something is wrong, as it should say
        call_command(*(str(files.get(word, word)) for word in words), stdout=out)
    return out.getvalue()


def test_each_page_begins_with_three_commands():
    assert list(PAGES) == re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE) == list(SAYS)


@pytest.mark.parametrize("page", SAYS)
def test_the_three_commands_of_a_page_say_what_it_promises(page, settings, monkeypatch, tmp_path):
    with contextlib.ExitStack() as stack:
        trouble = Trouble(settings, monkeypatch, tmp_path, stack)
        well = {line: run(line, trouble.files) for line in PAGES[page].splitlines() if "BACKUP" not in line}
        provoke: Callable[[Trouble], None]
        provoke, *expected = SAYS[page]
        provoke(trouble)

        said = {line: run(line, trouble.files) for line in PAGES[page].splitlines()}

    told = [*said.values()]
    missing = [sentence for sentence, lines in zip(expected, told, strict=True) if sentence not in lines]
    assert missing == [], told
    assert any(said[line] != lines for line, lines in well.items()), "they say so of a site that is well too"
    assert not any("Ada" in lines or "@company.test" in lines for lines in told)
