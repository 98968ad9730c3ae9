"""Delivering, once; and what became of each message."""

from __future__ import annotations

import pytest
from django.utils import timezone

from petitions.flows import deliveries, letters
from petitions.models import Delivery, Lease, Letter, Recipient, Snapshot, Subscription
from tests.admin.posts import page
from tests.factories import make_letter

NOW = {"while_open": "on"}


@pytest.fixture
def closed(letter, owner) -> Letter:
    letters.close(letter, by=owner)
    return letter


def mails(letter: Letter) -> int:
    return Delivery.objects.letters().filter(letter=letter).count()


def test_pressing_ten_times_delivers_once(as_owner, closed):
    assert (
        '<input type="hidden" name="number" value="2"'
        in as_owner.get(page("deliver", closed)).content.decode()
    )
    for _ in range(10):
        assert as_owner.post(page("deliver", closed), {"number": 2}).status_code == 303
    assert mails(closed) == 2
    assert closed.snapshots.filter(reason=Snapshot.Reason.DELIVERY).count() == 1


def test_open_letter_needs_a_tick(as_owner, letter):
    answer = as_owner.post(page("deliver", letter), {"number": 1})
    assert answer.status_code == 422
    assert "People can still sign. Please close the letter first, or tick this." in answer.content.decode()
    assert mails(letter) == 0
    assert as_owner.post(page("deliver", letter), {"number": 1} | NOW).status_code == 303
    assert mails(letter) == 2


def test_second_delivery_needs_a_tick(as_owner, closed):
    as_owner.post(page("deliver", closed), {"number": 2})
    answer = as_owner.post(page("deliver", closed), {"number": 3})
    assert answer.status_code == 422
    assert "It was delivered before. Please tick this to send it once more." in answer.content.decode()
    assert mails(closed) == 2
    for _ in range(3):
        assert as_owner.post(page("deliver", closed), {"number": 3, "again": "on"}).status_code == 303
    assert mails(closed) == 4


@pytest.mark.parametrize("number", ["", "0", "-1", "99", "1", "x", "9" * 30])
def test_number_of_no_delivery_is_refused(as_owner, closed, number):
    """1 is the snapshot of closing: the page was opened before somebody closed the letter."""
    assert as_owner.post(page("deliver", closed), {"number": number}).status_code == 422
    assert mails(closed) == 0


def test_draft_and_archived_letters_are_not_delivered(as_owner, draft, closed):
    Letter.objects.filter(pk=closed.pk).update(state="archived")
    for letter in (draft, closed):
        answer = as_owner.post(page("deliver", letter), {"number": 2}, follow=True)
        assert "Only an open or closed letter can be delivered." in answer.content.decode()
    assert Delivery.objects.letters().count() == 0


def test_recipients_who_opted_out_are_named_and_spared(as_owner, closed):
    Recipient.objects.filter(letter=closed, name="Pat Person").update(opted_out_at=timezone.now())
    shown = " ".join(as_owner.get(page("deliver", closed)).content.decode().split())
    assert "Wants no more mail and gets none: Pat Person" in shown
    as_owner.post(page("deliver", closed), {"number": 2})
    assert mails(closed) == 1


def test_nobody_to_deliver_to_is_said(as_owner, closed):
    Recipient.objects.filter(letter=closed).update(opted_out_at=timezone.now())
    answer = as_owner.post(page("deliver", closed), {"number": 2})
    assert answer.status_code == 422
    assert "There is nobody to deliver it to" in answer.content.decode()


def test_confirming_shows_who_gets_what(as_owner, closed):
    shown = as_owner.get(page("deliver", closed)).content.decode()
    for words in ("Erin Chief", "Pat Person", "0 signatures: 0 named", page("preview_mail", closed)):
        assert words in shown


def test_deliveries_are_listed_in_words(as_owner, closed):
    as_owner.post(page("deliver", closed), {"number": 2})
    sent = Delivery.objects.letters().first()
    Delivery.objects.filter(pk=sent.pk).update(
        state="unknown", attempts=1, smtp_text="ConnectionResetError", body_started_at=timezone.now()
    )
    shown = as_owner.get(page("deliveries", closed)).content.decode()
    for words in (
        "Erin Chief, Chief executive",
        "unknown: it may have arrived",
        "ConnectionResetError",
        "waiting",
    ):
        assert words in shown


def test_followers_are_a_number(as_owner, closed):
    for number in range(3):
        Subscription.objects.create(
            letter=closed, sealed=b"x", mark=bytes([number]) * 32, secret_hash=bytes([number]) * 32
        )
    deliveries.tell_followers(closed, Delivery.Kind.CLOSING, key="test")
    shown = as_owner.get(page("deliveries", closed)).content.decode()
    assert "3 × closing notice: waiting" in shown
    assert not any(str(row.pk) in shown for row in Subscription.objects.all())


def test_waiting_mail_is_cancelled_and_one_under_way_is_not(as_owner, closed):
    as_owner.post(page("deliver", closed), {"number": 2})
    first, second = Delivery.objects.letters().order_by("pk")
    Snapshot.objects.filter(pk=second.snapshot_id).update(sha256="x", count={"total": 0})
    assert Lease.take(second.pk).start_body()
    assert as_owner.get(page("delivery_cancel", closed, first.pk)).status_code == 405
    as_owner.post(page("delivery_cancel", closed, first.pk))
    answer = as_owner.post(page("delivery_cancel", closed, second.pk), follow=True)
    assert "Too late: this mail does not wait any more." in answer.content.decode()
    states = Delivery.objects.letters().order_by("pk").values_list("state", flat=True)
    assert list(states) == ["cancelled", "in_data"]


def test_editor_cancels_nothing(closed, member, as_owner):
    as_owner.post(page("deliver", closed), {"number": 2})
    delivery = Delivery.objects.letters().first()
    assert member(closed, "editor").post(page("delivery_cancel", closed, delivery.pk)).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_one_and_for_three(as_owner, owner, count, django_assert_num_queries):
    letter = make_letter(owner=owner)
    for number in range(count):
        Delivery.objects.create(letter=letter, kind="closing", key=str(number), user=owner)
    with django_assert_num_queries(6):  # session, person, letter, number of rows, rows, followers
        assert as_owner.get(page("deliveries", letter)).content.decode().count("closing notice") == count
