"""Delivering, once; and what became of each message."""

from __future__ import annotations

import pytest
from django.utils import timezone

from petitions.flows import deliveries, letters, snapshots
from petitions.models import AuditEvent, Delivery, Lease, Letter, Recipient, Snapshot, Subscription
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
        "The mail server broke the line.",
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
    with django_assert_num_queries(10):  # session, person, letter, rows twice, under way, followers, troubles
        assert as_owner.get(page("deliveries", letter)).content.decode().count("closing notice") == count


@pytest.fixture
def unknown(closed, owner) -> Delivery:
    """A mail that was being handed over when the line broke."""
    deliveries.deliver(closed, number=2, by=owner)
    snapshots.freeze_due()
    found = Delivery.objects.letters().first()
    lease = Lease.take(found.pk)
    assert lease.start_body()
    lease.lose("ConnectionResetError")
    return Delivery.objects.get(pk=found.pk)


def state_of(delivery):
    return Delivery.objects.values_list("state", "decision").get(pk=delivery.pk)


def test_the_evidence_of_an_unknown_mail_and_the_two_choices_are_shown(as_owner, closed, unknown):
    shown = as_owner.get(page("delivery", closed, unknown.pk)).content.decode()

    for words in (
        "Did it arrive?",
        "Count as sent",
        "Send again",
        "The mail server broke the line.",
        unknown.message_id,
        "unknown: it may have arrived",
    ):
        assert words in shown
    assert "1 mail to decide" in as_owner.get(page("change", closed)).content.decode()


@pytest.mark.parametrize(("decision", "after"), [("sent", "accepted"), ("again", "queued")])
def test_an_owner_decides_once(as_owner, closed, unknown, owner, decision, after):
    as_owner.post(page("delivery_decide", closed, unknown.pk), {"decision": decision})
    other = {"sent": "again", "again": "sent"}[decision]
    answer = as_owner.post(page("delivery_decide", closed, unknown.pk), {"decision": other}, follow=True)

    assert "There is nothing to decide about this mail any more." in answer.content.decode()
    assert state_of(unknown) == (after, decision)
    event = AuditEvent.objects.get(verb=f"unknown_{decision}")
    assert (event.actor, event.object_id) == (owner, str(unknown.pk))


def test_what_was_decided_is_not_called_accepted(as_owner, closed, unknown):
    as_owner.post(page("delivery_decide", closed, unknown.pk), {"decision": "sent"})

    shown = as_owner.get(page("deliveries", closed)).content.decode()

    assert "counted as sent by an organizer" in shown
    assert "accepted by the mail server" not in shown


@pytest.mark.parametrize("decision", ["", "neither"])
def test_no_choice_decides_nothing(as_owner, closed, unknown, decision):
    as_owner.post(page("delivery_decide", closed, unknown.pk), {"decision": decision})

    assert state_of(unknown) == ("unknown", "")


def test_editors_read_the_evidence_and_decide_nothing(member, closed, unknown):
    editor = member(closed, "editor")

    assert "An owner of this letter decides." in " ".join(
        editor.get(page("delivery", closed, unknown.pk)).content.decode().split()
    )
    answer = editor.post(page("delivery_decide", closed, unknown.pk), {"decision": "again"})
    assert answer.status_code == 403
    assert state_of(unknown) == ("unknown", "")


def test_stopping_says_what_was_stopped_and_what_had_left(as_owner, closed, unknown):
    first, second = Delivery.objects.letters().order_by("pk")
    answer = as_owner.post(page("snapshot_cancel", closed, first.snapshot_id), follow=True)

    text = " ".join(answer.content.decode().split())
    assert f"Stopped, and will not go out: {second.reader}. Too late for: {first.reader}." in text
    assert [state_of(first)[0], state_of(second)[0]] == ["unknown", "cancelled"]


def test_whoever_pauses_reads_how_many_come_too_late(as_owner, closed, owner):
    deliveries.deliver(closed, number=2, by=owner)
    snapshots.freeze_due()
    first, second = Delivery.objects.letters().order_by("pk")
    prepared = Lease.take(second.pk)

    def read():
        return as_owner.post(page("deliveries_pause", closed), follow=True).content.decode()

    assert "Paused: no mail of this letter leaves. None was on its way out." in read()
    as_owner.post(page("deliveries_resume", closed))
    assert Lease.take(first.pk).start_body()
    assert "1 mail was being handed to the mail server and cannot be stopped any more." in read()
    assert not prepared.start_body()


def test_pausing_keeps_mails_back_until_somebody_resumes(as_owner, closed, owner):
    deliveries.deliver(closed, number=2, by=owner)
    snapshots.freeze_due()
    as_owner.post(page("deliveries_pause", closed))
    as_owner.post(page("deliveries_pause", closed))
    assert Delivery.objects.due().count() == 0
    assert "Mails of this letter are paused" in as_owner.get(page("change", closed)).content.decode()

    as_owner.post(page("deliveries_resume", closed))

    assert Delivery.objects.due().count() == 3  # the closing notice too
    assert list(AuditEvent.objects.filter(verb__in=["paused", "resumed"]).values_list("verb", flat=True)) == [
        "resumed",
        "paused",
    ]


def test_followers_mails_have_no_page(as_owner, closed):
    subscription = Subscription.objects.create(
        letter=closed, sealed=b"x", mark=b"m" * 32, secret_hash=b"s" * 32
    )
    deliveries.tell_followers(closed, Delivery.Kind.CLOSING, key="test")
    mail = Delivery.objects.get(subscription=subscription)

    assert as_owner.get(page("delivery", closed, mail.pk)).status_code == 404
    assert as_owner.post(page("delivery_cancel", closed, mail.pk)).status_code == 404
