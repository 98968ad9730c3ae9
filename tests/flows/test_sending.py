"""What must still be so at the moment a mail is handed over, and who may move a row when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from petitions import mail
from petitions.flows import deliveries, letters, pauses, sending, snapshots, takedowns
from petitions.models import Attempt, Delivery, Lease
from petitions.models.leases import take_back_abandoned
from tests.factories import make_letter, make_user, sign, signature_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter():
    return make_letter()


@pytest.fixture
def delivery(letter) -> Delivery:
    """One of two mails, ready to be sent."""
    deliveries.deliver(letter, number=1, by=owner_of(letter))
    snapshots.freeze_due()
    return Delivery.objects.letters().select_related("letter", "recipient", "snapshot").first()


def owner_of(letter):
    return letter.memberships.get(role="owner").user


def state_of(delivery) -> str:
    return Delivery.objects.values_list("state", flat=True).get(pk=delivery.pk)


def attempts(delivery):
    return list(delivery.tries.values_list("number", "outcome", "smtp_code", "smtp_text"))


def rendered(delivery):
    lease = Lease.take(delivery.pk)
    message = mail.compose(delivery)
    return lease, message, message.as_email().as_bytes()


def let_leases_end():
    Delivery.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))


BETWEEN = {
    "is cancelled": lambda delivery: deliveries.cancel(delivery, by=owner_of(delivery.letter)),
    "is stopped with the rest": lambda delivery: deliveries.cancel_rest(
        delivery.snapshot, by=owner_of(delivery.letter)
    ),
    "is paused": lambda delivery: pauses.pause(delivery.letter, by=owner_of(delivery.letter)),
    "is paused with the site": lambda delivery: pauses.pause_site(pauses.Switch.MAILS, by=make_user()),
    "loses its reader": lambda delivery: delivery.letter.recipients.update(opted_out_at=Now()),
    "thaws": lambda delivery: snapshots.thaw(delivery.letter),
    "is given to somebody else": lambda delivery: (let_leases_end(), take_back_abandoned()),
}


@pytest.mark.parametrize("happens", BETWEEN.values(), ids=BETWEEN.keys())
def test_what_happens_between_rendering_and_handing_over_keeps_the_mail_back(mails, delivery, happens):
    lease, message, body = rendered(delivery)
    happens(delivery)

    sending._converse(delivery, lease, message, body)

    assert mails.mails == []
    assert Delivery.objects.get(pk=delivery.pk).body_started_at is None
    assert delivery.snapshot.__class__.objects.get(pk=delivery.snapshot_id).first_body_at is None


def test_a_mail_on_its_way_to_the_server_can_still_be_cancelled(mails, delivery):
    lease, message, body = rendered(delivery)

    assert deliveries.cancel(delivery, by=owner_of(delivery.letter))
    sending._converse(delivery, lease, message, body)

    assert (state_of(delivery), mails.mails) == ("cancelled", [])
    assert attempts(delivery) == [(1, "cancelled", None, "")]


def test_a_mail_being_handed_over_cannot_be_cancelled(delivery):
    Lease.take(delivery.pk).start_body()

    assert not deliveries.cancel(delivery, by=owner_of(delivery.letter))
    assert state_of(delivery) == "in_data"


def test_every_attempt_is_kept(mails, letter, delivery):
    mails.refusals[delivery.recipient.address] = ["451 busy", "452 still busy"]
    for _ in range(3):
        sending.send(delivery.pk)
        Delivery.objects.update(not_before=Now())

    assert attempts(delivery) == [
        (1, "queued", 451, "busy"),
        (2, "queued", 452, "still busy"),
        (3, "accepted", 250, "OK"),
    ]
    last = Attempt.objects.get(number=3)
    assert last.started_at <= last.body_started_at <= last.ended_at


def test_the_attempt_of_a_sender_that_is_gone_says_so(delivery):
    Lease.take(delivery.pk).start_body()
    let_leases_end()

    take_back_abandoned()

    assert attempts(delivery) == [(1, "unknown", None, "SenderGone")]


def unknown(delivery) -> None:
    lease = Lease.take(delivery.pk)
    assert lease.start_body()
    assert lease.lose("TimeoutError")


def test_nothing_but_a_person_moves_an_unknown_letter(mails, delivery):
    unknown(delivery)
    Delivery.objects.update(not_before=timezone.now() - timedelta(days=30))
    let_leases_end()

    take_back_abandoned()
    deliveries.repeat_alerts()
    sending.send(delivery.pk)

    assert (state_of(delivery), mails.to(delivery.recipient.address)) == ("unknown", [])


def test_sending_again_is_the_same_message_once_more(mails, delivery):
    unknown(delivery)

    assert deliveries.send_again(delivery, by=owner_of(delivery.letter))
    assert not deliveries.send_again(delivery, by=owner_of(delivery.letter))
    sending.send(delivery.pk)

    (arrived,) = mails.to(delivery.recipient.address)
    assert arrived["Message-ID"] == f"<{delivery.message_id}@undersigned.test>"
    assert [outcome for _number, outcome, _code, _text in attempts(delivery)] == ["unknown", "accepted"]


def test_an_alert_that_may_not_have_arrived_is_sent_again(mails, letter):
    takedowns.ask(signature_of(sign(letter, "Ada Lovelace")), reason="Not me")
    alert = Delivery.objects.get(kind=Delivery.Kind.TAKEDOWN)
    unknown(alert)
    deliveries.repeat_alerts()
    assert state_of(alert) == "unknown"

    Delivery.objects.update(not_before=Now())  # a quarter of an hour later
    deliveries.repeat_alerts()
    sending.send(alert.pk)

    assert (state_of(alert), len(mails.mails)) == ("accepted", 1)


def test_a_notice_that_may_have_arrived_is_not_sent_again(mails, letter):
    letters.close(letter)
    notice = Delivery.objects.get(kind=Delivery.Kind.CLOSING)
    unknown(notice)
    Delivery.objects.update(not_before=Now())

    deliveries.repeat_alerts()
    sending.send(notice.pk)

    assert (state_of(notice), mails.mails) == ("unknown", [])


def troubles_told(letter):
    deliveries.tell_of_trouble()
    deliveries.tell_of_trouble()
    rows = letter.deliveries.filter(kind=Delivery.Kind.TROUBLE).order_by("key")
    return [row.key.split(":")[2] for row in rows]


def test_organizers_are_told_once_of_each_kind_of_trouble(mails, letter, delivery):
    assert troubles_told(letter) == []

    unknown(delivery)
    assert troubles_told(letter) == ["unknown"]

    other = letter.deliveries.letters().exclude(pk=delivery.pk).get()
    mails.refusals[other.recipient.address] = ["550 gone"]
    sending.send(other.pk)
    assert troubles_told(letter) == ["refused", "unknown"]


def test_organizers_are_told_when_mails_have_waited_for_an_hour(letter, delivery):
    Delivery.objects.update(waiting_since=timezone.now() - timedelta(minutes=59))
    assert troubles_told(letter) == []

    Delivery.objects.update(waiting_since=timezone.now() - timedelta(minutes=61))
    assert troubles_told(letter) == ["late"]


def test_a_paused_letter_is_not_called_late(letter, delivery):
    Delivery.objects.update(waiting_since=timezone.now() - timedelta(days=1))
    pauses.pause(letter, by=owner_of(letter))

    assert troubles_told(letter) == []


def test_the_alert_names_no_reader_and_no_answer(mails, letter, delivery):
    unknown(delivery)
    deliveries.tell_of_trouble()
    sending.send(Delivery.objects.get(kind=Delivery.Kind.TROUBLE).pk)

    text = mails.mails[0].get_body(("plain",)).get_content()
    assert mails.mails[0]["To"] == owner_of(letter).email
    assert letter.title in text
    assert delivery.recipient.name not in text


def test_a_cancelled_mail_that_the_server_did_not_take_is_not_tried_again(letter, delivery):
    lease = Lease.take(delivery.pk)
    lease.start_body()
    assert not deliveries.cancel(delivery, by=owner_of(letter))

    lease.put_back(451, "busy", during="in_data", wait=timedelta(0))

    assert (state_of(delivery), attempts(delivery)) == ("cancelled", [(1, "cancelled", 451, "busy")])


def test_a_second_unknown_mail_is_told_too_an_hour_later(letter, delivery):
    unknown(delivery)
    deliveries.tell_of_trouble()
    other = letter.deliveries.letters().exclude(pk=delivery.pk).get()
    unknown(other)
    deliveries.tell_of_trouble()
    alerts = letter.deliveries.filter(kind=Delivery.Kind.TROUBLE)
    assert alerts.count() == 1

    alerts.update(created_at=timezone.now() - timedelta(minutes=61))
    deliveries.tell_of_trouble()
    assert alerts.count() == 2


def test_a_paused_letter_still_sends_its_alerts(letter, delivery):
    unknown(delivery)
    deliveries.tell_of_trouble()
    pauses.pause(letter, by=owner_of(letter))

    assert [row.kind for row in Delivery.objects.due()] == ["trouble"]


def test_letters_are_rung_for_before_notices(letter, delivery):
    other = make_letter()
    letters.close(other)
    Delivery.objects.filter(kind=Delivery.Kind.CLOSING).update(not_before=timezone.now() - timedelta(days=1))
    Delivery.objects.letters().update(not_before=Now())

    assert [row.kind for row in Delivery.objects.unrung()] == ["letter", "letter", "closing"]
