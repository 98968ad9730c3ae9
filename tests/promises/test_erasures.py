"""What was erased since a backup was made is erased again when it is put back, before anything is shown (P21)."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from petitions import erasures, holding, subscribers
from petitions.backups import Refused, databases, making, restoring
from petitions.crypto import keys, marks, typed
from petitions.doctor import work
from petitions.doctor.findings import Wrong
from petitions.erasures import Kind
from petitions.flows import (
    batches,
    invitations,
    letters,
    organizers,
    papers,
    proofs,
    purges,
    receipts,
    recipients,
    reports,
    responses,
    reviews,
    signatures,
    subscriptions,
)
from petitions.flows.signatures import Shown
from petitions.models import (
    Appear,
    AuditEvent,
    Invitation,
    Letter,
    Mark,
    Membership,
    OrganizerInvitation,
    Paper,
    PaperSignature,
    Recipient,
    Report,
    Response,
    Signature,
    Subscription,
    WaitingSignature,
)
from petitions.views import signatures as pages
from tests import apart
from tests.factories import make_draft, make_invitations, make_letter, make_user, sign, signature_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "site.backup"


def restore(path: Path) -> list[str]:
    began = timezone.now()
    restoring.check(path)
    restoring.restore(path)
    return list(restoring.report(began))


def lines() -> list[str]:
    return sorted(Signature.objects.named().values_list("name", flat=True))


def states() -> list[tuple[str, str]]:
    return sorted(Signature.objects.values_list("state", "name"))


ANONYMOUSLY = Shown(Appear.ANONYMOUS)


@pytest.mark.promise("P21")
def test_lines_that_were_hidden_corrected_or_withdrawn(client, mails, backup):
    """Also of those who waited for their batch, or were published with it since."""
    letter = make_letter(batch_size=5)
    stays, hidden, taken_down, corrected, withdrawn, both = [
        sign(letter, f"Person {word}")
        for word in ("Stays", "Hidden", "Down", "Corrected", "Withdrawn", "Both")
    ]
    waiting = [sign(letter, appear=Appear.ANONYMOUS) for _ in range(4)]
    making.make(backup)
    receipts.change(hidden, ANONYMOUSLY)
    signatures.hide(signature_of(taken_down))
    receipts.change(corrected, Shown(Appear.INITIAL, "Person C."))
    receipts.withdraw(withdrawn)
    receipts.change(both, ANONYMOUSLY)
    receipts.withdraw(both)
    receipts.withdraw(waiting[0])
    sign(letter, appear=Appear.ANONYMOUS)
    sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)
    receipts.withdraw(waiting[1])

    said = restore(backup)

    assert lines() == ["Person Stays"]
    assert states() == [("published", "")] * 3 + [("published", "Person Stays")] + [("withdrawn", "")] * 4
    assert WaitingSignature.objects.count() == 2
    assert "Erased again, because it was erased since the backup: 7" in said
    page = client.get(f"{letter.get_absolute_url()}signatures/")
    words = ("Stays", "Hidden", "Down", "Corrected", "Withdrawn", "Both")
    assert [word for word in words if f"Person {word}" in page.content.decode()] == ["Stays"]
    receipts.change(stays, ANONYMOUSLY)
    assert lines() == []
    restore(backup)  # again, and with what came since
    assert lines() == []


def test_whoever_came_back_stays(backup):
    """Only what stood there before is gone; the same row as in the backup is not, when it was made after all."""
    letter = make_letter()
    returned, revealed = sign(letter, "Ada Lovelace"), sign(letter, "Grace Hopper")
    waits = sign(letter, appear=Appear.ANONYMOUS)
    making.make(backup)
    receipts.withdraw(waits)
    receipts.come_back(waits, ANONYMOUSLY)
    receipts.withdraw(returned)
    receipts.come_back(returned, Shown(Appear.FULL, "Ada L."))
    receipts.change(revealed, ANONYMOUSLY)
    receipts.change(revealed, Shown(Appear.FULL, "Grace H."))
    later = backup.with_name("later.backup")
    making.make(later)

    restore(backup)
    assert (lines(), WaitingSignature.objects.count()) == ([], 1)
    assert [state for state, _name in states()] == ["published", "published"]

    restore(later)
    assert lines() == ["Ada L.", "Grace H."]
    assert WaitingSignature.objects.count() == 1


class Everything:
    """A row of each other kind that people have erased; and what is left of them, of each kind one stays."""

    def __init__(self) -> None:
        self.owner, self.other = make_user("owner@example.org"), make_user("editor@example.org")
        self.letter = make_letter(owner=self.owner)
        self.letter.memberships.create(user=self.other, role="owner")
        self.chief, self.person = self.letter.recipients.order_by("pk")
        self.follows = [self._follower(name) for name in ("one@home.test", "two@home.test")]
        self.says = sign(self.letter, "Ada Lovelace", statement="It is time.")
        Signature.objects.update(shows_statement=True, is_statement_waiting=False)
        self.invited = [self._invited(name) for name in ("a@example.org", "b@example.org")]
        make_invitations(self.letter, 3)
        self.papers = [self.letter.papers.create(note=note) for note in ("Gates", "Canteen")]
        for paper in self.papers:
            for name in ("Name One", "Name Two"):
                paper.signatures.create(name=name)
        self.answers = [
            self.letter.responses.create(recipient=self.chief, text=text) for text in ("No.", "Maybe.")
        ]
        for text in ("They stole it", "Too long"):
            reports.make(self.letter, text=text)
        self.draft = make_draft(owner=self.owner)

    def _follower(self, address: str) -> str:
        row = subscribers.sealed(self.letter, address=address, mark=typed.digest(address))
        row.save()
        return subscribers.opened(row)["secret"]

    def _invited(self, address: str) -> OrganizerInvitation:
        return organizers.invite(self.letter, address=address, role="editor", by=self.owner)

    def erase(self, client) -> None:
        subscriptions.end(self.follows[0])
        recipients.want_no_mail(self.chief)
        line = signature_of(self.says)
        assert reviews.show_statement(line, seen=line.words_digest, is_shown=False, by=self.owner)
        organizers.withdraw(self.letter, self.invited[0].pk, by=self.owner)
        organizers.leave(self.letter, by=self.other)
        invitations.void(self.letter, by=self.owner)
        papers.remove(self.papers[0], by=self.owner)
        papers.remove_name(self.papers[1].signatures.first(), by=self.owner)
        responses.hide(self.answers[0], reason="privacy", by=self.owner)
        reports.finish(Report.objects.first(), by=self.owner)
        client.force_login(self.owner)
        client.post(f"/admin/petitions/letter/{self.draft.pk}/delete/", {"post": "yes"})

    @staticmethod
    def left() -> dict[str, object]:
        return {
            "followers": Subscription.objects.count(),
            "reachable": Recipient.objects.reachable().filter(letter__state="open").count(),
            "opt-outs": Recipient.objects.exclude(opted_out_at=None).count(),
            "statements": Signature.objects.filter(shows_statement=True).count(),
            "asked to organize": OrganizerInvitation.objects.count(),
            "organizers": Membership.objects.filter(letter__state="open").count(),
            "codes": Invitation.objects.count(),
            "papers": Paper.objects.count(),
            "names on paper": PaperSignature.objects.count(),
            "answers": Response.objects.filter(hidden_for="").count(),
            "reports": Report.objects.count(),
            "drafts": Letter.objects.filter(state="draft").count(),
        }


@pytest.mark.promise("P21")
def test_everything_else_that_people_erase(client, mails, backup):
    site = Everything()
    before = site.left()
    making.make(backup)
    site.erase(client)
    after = site.left()

    restore(backup)

    assert [name for name in after if after[name] == before[name]] == []
    assert site.left() == after
    assert AuditEvent.objects.filter(verb="erased_again").get().object_id == "13"


def test_what_was_taken_back_is_not_erased_again(client, mails, backup):
    site = Everything()
    before = site.left()
    recipients.want_no_mail(site.chief)
    recipients.want_mail_again(Recipient.objects.get(pk=site.chief.pk))
    line = signature_of(site.says)
    for is_shown in (False, True):
        reviews.show_statement(line, seen=line.words_digest, is_shown=is_shown, by=site.owner)
    responses.hide(site.answers[0], reason="privacy", by=site.owner)
    responses.show(site.answers[0], by=site.owner)
    organizers.leave(site.letter, by=site.other)
    site.other.emailaddress_set.create(email=site.other.email, verified=True, primary=True)
    again = organizers.invite(site.letter, address=site.other.email, role="owner", by=site.owner)
    organizers.accept(again, by=site.other)
    making.make(backup)

    restore(backup)

    assert site.left() == before


def test_the_last_owner_in_a_backup_stays(mails, backup):
    letter = make_letter()
    first, second = letter.memberships.get().user, make_user()
    making.make(backup)
    letter.memberships.create(user=second, role="owner")
    organizers.leave(letter, by=first)

    restore(backup)

    assert letter.memberships.get().user == first


def test_a_letter_that_was_closed_and_purged_since(mails, backup):
    """Open in the backup, with names, marks and keys that are gone by now."""
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    making.make(backup)
    letters.close(letter)
    Letter.objects.update(closed_at=timezone.now() - timedelta(days=settings.RETENTION_DAYS + 1))
    purges.keep()

    restore(backup)

    assert (Letter.objects.get().state, lines(), Mark.objects.count()) == ("closed", [], 0)
    assert list(Recipient.objects.values_list("address", flat=True)) == ["", ""]
    assert not letters.has_marks_keys(letter)


def test_marks_of_a_backup_are_joined_to_no_mailbox_once_the_letter_is_closed(backup):
    """Nothing below `KEYS_DIR` computes the mark again, whatever of it is taken for a key."""
    letter = make_letter()
    pending, code = proofs.challenge(
        letter, purpose="sign", address="ada@example.test", appear="full", name="Ada Lovelace"
    )
    signatures.sign(letter, pending, code)
    mark = bytes(Mark.objects.get().value)
    making.make(backup)

    def is_joined() -> bool:
        return any(
            marks.mark(path.read_bytes(), purpose="sign", letter=str(letter.public_id), mailbox=mailbox)
            == mark
            for path in settings.KEYS_DIR.rglob("*")
            if path.is_file()
            for mailbox in (marks.mailbox("ada@example.test"), "ada@example.test")
        )

    assert is_joined()
    letters.close(letter)

    databases.here().put_back(backup)
    assert bytes(Mark.objects.get().value) == mark
    assert not is_joined()
    with pytest.raises(keys.KeyMissing):
        keys.read(settings.KEYS_DIR, letter.key_name("sign"))


def test_an_older_copy_that_is_put_back_by_hand_is_erased_again_too(backup):
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    making.make(backup)
    receipts.withdraw(receipt)

    databases.here().put_back(backup)
    assert lines() == ["Ada Lovelace"]
    call_command("ready")

    assert (lines(), holding.what()) == ([], None)


def test_an_erasure_that_may_not_have_come_to_its_end_is_done(backup):
    """Whoever asked for it got no answer. The other way round a name would come back."""
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    making.make(backup)
    with transaction.atomic():
        receipts.withdraw(receipt)
        transaction.set_rollback(True)
    assert lines() == ["Ada Lovelace"]

    restore(backup)

    assert lines() == []


def test_without_the_notes_public_pages_wait_for_an_operator(client, backup, capsys):
    letter = make_letter()
    address = letter.get_absolute_url()
    receipts.withdraw(sign(letter, "Ada Lovelace"))
    making.make(backup)
    shutil.rmtree(settings.KEYS_DIR / erasures.FOLDER)

    said = restore(backup)

    assert "Public pages are held until you have looked and say: manage.py erasures --show-pages" in said
    public = ["/", address, f"{address}signatures/", f"{address}letter.pdf", "/api/v1/letters/"]
    assert [client.get(page).status_code for page in public] == [503] * len(public)
    assert b"This site is being restored" in client.get(address).content
    with pytest.raises(Wrong, match="--show-pages"):
        work.pages()
    assert [client.get(page).status_code for page in ("/healthz", "/receipt/", "/accounts/login/")] == [
        200
    ] * 3
    later = backup.with_name("later.backup")
    making.make(later)
    restore(later)  # whose notes are whole, and which came out of the other
    assert client.get(address).status_code == 503

    call_command("erasures")
    call_command("erasures", "--show-pages")

    held, shown = capsys.readouterr().out.splitlines()
    assert held.startswith("Public pages are held:")
    assert shown == "All pages are shown."
    assert client.get(address).status_code == 200
    assert AuditEvent.objects.filter(verb="pages_shown").count() == 1
    restore(later)
    assert client.get(address).status_code == 200


def test_a_backup_that_is_older_than_the_notes_holds_pages(backup, monkeypatch):
    make_letter()
    making.make(backup)
    later = timezone.now() + timedelta(days=100)
    monkeypatch.setattr(erasures, "_today", lambda: later.date())
    erasures.note(Kind.LINE, "of a later month")
    erasures.prune()
    assert erasures.reach(timezone.now())  # nothing had to be let go yet
    monkeypatch.undo()
    erasures.note(Kind.LINE, "of this month")
    monkeypatch.setattr(erasures, "_today", lambda: later.date())
    erasures.prune()

    restore(backup)

    assert holding.what() is holding.Held.PUBLIC
    assert erasures.known().has(Kind.LINE, "of a later month")
    assert not erasures.known().has(Kind.LINE, "of this month")


DIES = """
import os, signal, sys
from pathlib import Path
from petitions.backups import restoring

def killed(*_arguments, **_options):
    os.kill(os.getpid(), signal.SIGKILL)

restoring.call_command = killed
restoring.restore(Path(sys.argv[1]))
"""


@pytest.mark.promise("P21")
def test_a_restore_that_is_killed_shows_nothing_before_it_is_run_again(client, backup):
    letter = make_letter()
    address = letter.get_absolute_url()
    receipt = sign(letter, "Ada Lovelace")
    making.make(backup)
    receipts.withdraw(receipt)

    assert apart.end(apart.python(DIES, str(backup))).returncode == -signal.SIGKILL

    assert lines() == ["Ada Lovelace"]
    assert [client.get(page).status_code for page in (address, "/receipt/", "/admin/")] == [503] * 3
    assert client.get("/healthz").status_code == 200
    with pytest.raises(Wrong, match="run it again"):
        work.pages()
    restore(backup)
    assert (lines(), client.get(address).status_code) == ([], 200)


def test_a_restore_that_is_refused_holds_nothing(client, backup, monkeypatch):
    letter = make_letter()
    making.make(backup)

    def busy(*_arguments: object) -> None:
        assert client.get(letter.get_absolute_url()).status_code == 503
        raise Refused("The database is busy.")

    monkeypatch.setattr(type(databases.here()), "put_back", busy)
    with pytest.raises(Refused):
        restoring.restore(backup)

    assert client.get(letter.get_absolute_url()).status_code == 200


def test_a_page_that_was_begun_before_is_not_shown_after(client, monkeypatch):
    """Its rows were read while they were replaced."""
    letter = make_letter()
    address = letter.get_absolute_url()
    look = pages.refused_now

    def replaced(request: HttpRequest, letter: Letter) -> HttpResponse | None:
        holding.hold(holding.Held.EVERYTHING)
        return look(request, letter)

    assert client.get(address).status_code == 200
    monkeypatch.setattr(pages, "refused_now", replaced)

    assert client.get(f"{address}sign/").status_code == 503


def files() -> list[Path]:
    return sorted((settings.KEYS_DIR / erasures.FOLDER).glob(erasures.MONTHS))


def test_notes_name_nobody_and_are_joined_to_nothing_that_is_left(backup):
    letter = make_letter()
    gone = [sign(letter, f"Person {number}") for number in range(12)]
    old = list(Signature.objects.values_list("pk", flat=True))
    for receipt in gone:
        receipts.change(receipt, ANONYMOUSLY)
    (month,) = files()
    content = month.read_bytes()
    found = [content[start : start + 32] for start in range(0, len(content), 32)]
    known = erasures.known()

    assert (len(found), found) == (12, sorted(found))
    assert month.name == f"{datetime.now(UTC):%Y-%m}"
    assert (month.stat().st_mode & 0o777, month.stat().st_mtime) == (0o600, 0)
    assert all(known.has(Kind.LINE, pk) for pk in old)
    assert not any(
        known.has(kind, pk) for kind in Kind for pk in Signature.objects.values_list("pk", flat=True)
    )
    hashes = [bytes(value) for value in Signature.objects.values_list("receipt_hash", flat=True)]
    assert not any(known.has(kind, value) for kind in Kind for value in hashes)
    assert not any(word in content for word in (b"Person", *hashes, *(pk.bytes for pk in old)))


def test_who_notes_at_once_loses_nothing():
    def work(first: int) -> None:
        for number in range(first, first + 15):
            erasures.note(Kind.LINE, number)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    known = erasures.known()
    assert all(known.has(Kind.LINE, first + number) for first in (0, 100, 200, 300) for number in range(15))
    assert files()[0].stat().st_size == 60 * 32


def test_what_cannot_be_noted_is_not_erased(monkeypatch):
    """A full disk: whoever asked is told, and asks again."""
    receipt = sign(make_letter(), "Ada Lovelace")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        receipts.withdraw(receipt)

    assert lines() == ["Ada Lovelace"]
