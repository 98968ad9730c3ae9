from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import SignInLink
from petitions import comparison, counts, mail, subscribers, tasks
from petitions.crypto import typed
from petitions.flows import batches, deliveries, jobs, letters, purges, receipts, snapshots, takedowns
from petitions.models import (
    Appear,
    Attempt,
    AuditEvent,
    Challenge,
    Delivery,
    Invitation,
    Job,
    Letter,
    Mark,
    Purge,
    Recipient,
    Signature,
    Subscription,
    Takedown,
)
from tests.factories import make_letter, make_user, sign, sign_sealed, signature_of
from tests.test_verifier import bundle_of, verify

pytestmark = pytest.mark.django_db

NAME, ROLE, STATEMENT = "Wilhelmina Quagmire", "Zymurgist", "Xylophones at dawn"
CHIEF, FOLLOWER, ANSWER = "zz.chief@company.test", "zz.follower@private.test", "zz said no"


def days(number: int) -> timedelta:
    return timedelta(days=number)


def make_old(days_ago: int = 181) -> Letter:
    """A closed and delivered letter with a person in every place where one can be."""
    letter = make_letter(batch_size=5)
    letter.recipients.filter(name="Erin Chief").update(address=CHIEF)
    receipt = sign(letter, NAME, role=ROLE, statement=STATEMENT)
    takedowns.ask(signature_of(receipt), reason=f"Not {NAME}")
    receipts.withdraw(sign(letter, "Gone Already"))
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
    sign_sealed(letter)
    subscribers.sealed(letter, address=FOLLOWER, mark=typed.digest(FOLLOWER)).save()
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    letters.close(letter)
    snapshots.freeze_due()
    letter.deliveries.letters().update(smtp_text=ANSWER)
    Attempt.objects.create(delivery=letter.deliveries.letters()[0], number=1, smtp_text=ANSWER)
    letter.invitations.create(proof="invitation", code_hash=typed.digest("restored"))
    Letter.objects.filter(pk=letter.pk).update(closed_at=timezone.now() - days(days_ago))
    return Letter.objects.get(pk=letter.pk)


def numbers(letter: Letter) -> object:
    frozen = letter.snapshots.order_by("number").values_list("count", "sha256", "version__sha256")
    return counts.recount(letter), list(frozen), letter.versions.count(), letter.deliveries.letters().count()


def test_of_an_old_letter_the_numbers_stay_and_nobody_else():
    letter = make_old()
    before = numbers(letter)
    sealed = set(letter.signatures.filter(kind="sealed").values_list("receipt_hash", "token_signature"))

    purges.keep()

    assert numbers(letter) == before
    rest = letter.signatures.exclude(kind="sealed")
    assert set(rest.values_list("name", "role", "statement", "search", "receipt_hash")) == {
        ("", "", "", "", None)
    }
    assert (
        set(letter.signatures.filter(kind="sealed").values_list("receipt_hash", "token_signature")) == sealed
    )
    assert len(sealed) == 1
    assert set(letter.recipients.values_list("name", "address")) == {("Erin Chief", ""), ("Pat Person", "")}
    assert set(letter.snapshots.values_list("names", "is_settled")) == {(None, True)}
    assert set(letter.deliveries.values_list("smtp_text")) == {("",)}
    assert [model.objects.count() for model in (Takedown, Subscription, Attempt, Mark, Invitation)] == [0] * 5


def test_what_was_purged_is_still_compared_and_shown(client):
    letter = make_old()
    purges.keep()

    assert comparison.look(letter) == []
    for page in ("/", "/signatures/"):
        shown = client.get(f"/letters/{letter.slug}{page}").content.decode()
        assert "The names were erased here" in shown
        assert NAME not in shown


def test_what_was_purged_can_still_be_recounted():
    letter = make_old()
    before = verify(bundle_of(letter))

    purges.keep()

    bundle = bundle_of(letter)
    assert verify(bundle)["wrong"] == before["wrong"] == []
    assert (bundle["count"], bundle["named"]) == (counts.recount(letter).as_json(), [""])


def test_a_receipt_opens_nothing_any_more():
    letter = make_letter()
    receipt = sign(letter, NAME)
    letters.close(letter)
    Letter.objects.update(closed_at=timezone.now() - days(181))
    purges.keep()

    with pytest.raises(receipts.NoSuchReceipt):
        receipts.find(receipt)


def test_nothing_more_goes_to_whoever_was_forgotten():
    letter = make_old()
    purges.keep()

    with pytest.raises(deliveries.NobodyToDeliverTo):
        deliveries.deliver(letter, number=9, by=letter.memberships.get().user)
    with pytest.raises(mail.Obsolete):
        mail.compose(letter.deliveries.letters()[0])
    assert not letter.deliveries.letters().sendable().exists()


@pytest.mark.parametrize(("days_ago", "is_kept"), [(179, True), (181, False)])
def test_people_are_kept_for_the_days_that_the_setting_says(settings, days_ago, is_kept):
    make_old(days_ago)
    purges.keep()
    assert Signature.objects.filter(name=NAME).exists() is is_kept

    settings.RETENTION_DAYS = 30
    purges.keep()
    assert not Signature.objects.filter(name=NAME).exists()


def test_an_open_letter_keeps_everybody():
    letter = make_letter()
    sign(letter, NAME)
    Letter.objects.update(opened_at=timezone.now() - days(1000))

    purges.keep()

    assert counts.recount(letter).named == letter.signatures.all().named().count() == 1
    assert Recipient.objects.exclude(address="").count() == 2


def test_each_has_its_time():
    letter, now = make_letter(), timezone.now()
    letters.close(letter)
    finished = letter.deliveries.get()
    Delivery.objects.update(state="accepted", finished_at=now)
    undecided = Delivery.objects.create(
        letter=letter, kind="closing", key="other", user=finished.user, state="unknown", body_started_at=now
    )
    for number, (delivery, age) in enumerate([(finished, 89), (finished, 91), (undecided, 91)], start=1):
        Attempt.objects.create(delivery=delivery, number=number, started_at=now - days(age))
    for event in AuditEvent.objects.order_by("number"):
        event.delete()
    for number, age in enumerate((731, 729), start=1):
        AuditEvent.objects.create(number=number, verb=f"{age}", at=now - days(age))
    SignInLink.issue(make_user())
    SignInLink.issue(make_user())
    SignInLink.objects.filter(pk=SignInLink.objects.latest("pk").pk).update(
        made_at=now - timedelta(minutes=31)
    )
    for age in (-1, 1):
        Session.objects.create(session_key=f"{age}", session_data="", expire_date=now - days(age))
    old = Challenge.objects.create()
    Challenge.objects.create()
    Challenge.objects.filter(pk=old.pk).update(expires_at=now - timedelta(minutes=61))

    done = purges.keep()

    once = {"codes", "sign-in links", "sessions", "attempts", "events"}
    assert done == {name: int(name in once) for name in purges.rules()}
    assert sorted(Attempt.objects.values_list("number", flat=True)) == [1, 3]
    assert AuditEvent.objects.filter(verb="729").exists()


def test_counting_first_changes_nothing_and_says_what_would_go():
    make_old()
    before, said = Signature.objects.filter(name=NAME).count(), StringIO()

    due = purges.due()
    call_command("purge", "--dry-run", stdout=said)

    assert Signature.objects.filter(name=NAME).count() == before == 1
    assert not Purge.objects.exists()
    assert f"{due['signatures']:>9}  signatures" in said.getvalue()
    assert due == purges.keep()


def test_the_second_time_finds_nothing():
    make_old()
    assert any(purges.keep().values())

    assert not any(purges.keep().values())
    assert AuditEvent.objects.filter(verb="purged", object_id="7 signatures").count() == 1


def test_rules_are_kept_slice_by_slice_and_go_on_after_a_crash(monkeypatch):
    monkeypatch.setattr(purges, "SLICE", 2)
    make_old()
    rule = purges.rules()["signatures"]
    rule._keep_slice()

    assert rule.due.count() == 5
    assert purges.keep()["signatures"] == 5


def test_the_nightly_job_says_when_it_ran():
    call_command("purge", stdout=StringIO())
    Job.objects.update(succeeded_at=None)

    tasks.purge()

    assert Job.objects.get(name="purge").succeeded_at
    assert Purge.objects.get().ran_at


def test_nobody_purges_beside_the_job():
    make_old()
    said = StringIO()

    jobs.run_alone("purge", lambda: call_command("purge", stdout=said))

    assert "Nothing was done" in said.getvalue()
    assert Signature.objects.filter(name=NAME).exists()


def test_what_one_signer_would_move_is_told_in_tens():
    letter = make_letter(batch_size=20)
    for _ in range(19):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)

    left = purges.left()

    assert (left["marks"], left["receipts"]) == (10, 10)


@pytest.mark.on("sqlite")
@pytest.mark.django_db(transaction=True)
def test_nobody_who_was_purged_is_in_a_file_of_the_database():
    def hits(word: str) -> int:
        database = Path(connection.settings_dict["NAME"])
        files = [path.read_bytes().lower() for path in database.parent.glob(f"{database.name}*")]
        return sum(file.count(word.lower().encode()) for file in files)

    make_old()
    words = (NAME, ROLE, STATEMENT, CHIEF, ANSWER)
    assert all(hits(word) for word in words)

    purges.keep()

    assert [word for word in words if hits(word)] == []
