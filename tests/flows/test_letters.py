from __future__ import annotations

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from petitions.crypto import keys
from petitions.flows import letters, snapshots
from petitions.flows import receipts as by_receipt
from petitions.models import Delivery, Letter, Membership, Version
from tests.factories import make_draft, make_letter, make_user, sign

pytestmark = pytest.mark.django_db


def key_is_there(letter, purpose="sign"):
    return (settings.KEYS_DIR / letter.key_name(purpose)).exists()


def test_opening_freezes_text_and_demands_and_makes_keys():
    letter = make_draft(text="Line one\r\nLine two e\u0301")

    version = letters.open_for_signing(letter, by=make_user())

    assert (version.number, version.text) == (1, "Line one\nLine two \u00e9")
    assert [demand["number"] for demand in version.demands] == [1, 2]
    assert len(version.sha256) == 64
    assert key_is_there(letter)
    assert letter.state == "open"


def test_an_incomplete_letter_does_not_open():
    letter = make_draft()
    letter.demands.all().delete()
    letter.recipients.all().delete()

    with pytest.raises(letters.NotReady) as lacking:
        letters.open_for_signing(letter, by=make_user())

    assert lacking.value.missing == ["It makes no demand.", "It has no recipient."]
    assert Letter.objects.get().state == "draft"


def test_a_letter_opens_once():
    letter = make_letter()

    with pytest.raises(letters.NotADraft):
        letters.open_for_signing(letter, by=make_user())

    assert Version.objects.count() == 1


def test_a_version_never_changes():
    version = make_letter().version
    version.text = "Something else"

    with pytest.raises(TypeError):
        version.save()
    with pytest.raises(TypeError):
        Version.objects.update(text="Something else")


def test_a_correction_is_a_new_version_and_earlier_signatures_stay_with_theirs():
    letter, organizer = make_letter(), make_user()
    sign(letter, "Ada Lovelace")
    letter.text = "We ask for a fair rota, and soon."
    letter.save()

    version = letters.correct(letter, by=organizer)
    sign(letter, "Grace Hopper")

    assert version.number == 2
    assert dict(letter.signatures.values_list("name", "version__number")) == {
        "Ada Lovelace": 1,
        "Grace Hopper": 2,
    }
    assert letter.deliveries.get().kind == Delivery.Kind.CORRECTION
    assert letters.correct(letter, by=organizer) is None


def test_closing_forgets_who_could_have_signed(django_capture_on_commit_callbacks):
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    with django_capture_on_commit_callbacks(execute=True):
        letters.close(letter)

    assert letter.marks.count() == 0
    assert not key_is_there(letter)
    with pytest.raises(keys.KeyMissing):
        keys.read(settings.KEYS_DIR, letter.key_name("sign"))


def test_the_sweep_destroys_a_key_that_a_crash_left():
    letter = make_letter()
    letters.close(letter)
    assert key_is_there(letter)

    letters.destroy_left_keys()

    assert not key_is_there(letter)
    assert key_is_there(letter, "follow")


def test_the_closing_snapshot_says_the_count_and_keeps_no_list():
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    letters.close(letter)

    snapshots.freeze_due()

    snapshot = letter.snapshots.get()
    assert (snapshot.reason, snapshot.count["total"], snapshot.names) == ("closing", 1, None)
    assert len(snapshot.sha256) == 64


def test_the_closing_count_is_the_count_at_closing():
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    sign(letter, "Grace Hopper")
    letters.close(letter)

    by_receipt.withdraw(receipt)
    snapshots.freeze_due()

    assert letter.snapshots.get().count["total"] == 2


def test_a_letter_closes_once():
    letter = make_letter()
    letters.close(letter)

    with pytest.raises(letters.NotOpen):
        letters.close(letter)


def test_the_sweep_closes_what_is_overdue():
    late, open_ended = make_letter(), make_letter()
    Letter.objects.filter(pk=late.pk).update(opens_at="2020-01-01T00:00Z", closes_at="2020-01-02T00:00Z")

    letters.close_overdue()

    assert dict(Letter.objects.values_list("pk", "state")) == {late.pk: "closed", open_ended.pk: "open"}


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "open"},
        {"state": "gone"},
        {"batch_size": 4},
        {"goal": 0},
        {"opens_at": "2020-01-02T00:00Z", "closes_at": "2020-01-01T00:00Z"},
        {"state": "draft", "closed_at": "2020-01-01T00:00Z"},
    ],
)
def test_the_database_refuses_what_cannot_be(broken):
    letter = make_draft()

    with pytest.raises(IntegrityError), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(**broken)


def test_a_person_has_one_role_on_a_letter():
    letter = make_draft()

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(letter=letter, user=letter.memberships.get().user, role="editor")


def test_a_closing_that_does_not_come_about_leaves_the_key(django_capture_on_commit_callbacks):
    letter = make_letter()

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        letters.close(letter)
        transaction.set_rollback(True)

    assert key_is_there(letter)
    assert Letter.objects.get().state == "open"
