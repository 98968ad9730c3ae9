from __future__ import annotations

import io
import socket
import threading
from datetime import timedelta

import pytest
from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.utils import timezone
from pypdf import PdfReader

from petitions.flows import batches, deliveries, letters, restores, sending, snapshots
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import Shown
from petitions.mail import compose
from petitions.models import Appear, Delivery, Lease, Snapshot
from petitions.models.leases import take_back_abandoned
from petitions.smtp import Conversation
from tests.beside import Beside
from tests.factories import make_draft, make_letter, make_user, sign

pytestmark = pytest.mark.django_db


def deliver(letter, number=None):
    owner = letter.memberships.first().user
    return deliveries.deliver(letter, number=number or snapshots.next_number(letter), by=owner)


def send_all():
    """What the sweep and the worker do, one row after the other."""
    snapshots.freeze_due()
    for pk in Delivery.objects.due().values_list("pk", flat=True):
        sending.send(pk)


def let_leases_end():
    Delivery.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))


def states(letter):
    return sorted(letter.deliveries.letters().values_list("state", flat=True))


def test_each_recipient_gets_one_mail_with_the_letter(mails):
    letter = make_letter(title="Fair rotas", contact_address="us@letters.test")
    sign(letter, "Ada Lovelace", role="Engineer")
    snapshot = deliver(letter)

    send_all()
    send_all()

    assert sorted(mail["To"] for mail in mails.mails) == sorted(
        letter.recipients.values_list("address", flat=True)
    )
    mail = mails.mails[0]
    snapshot.refresh_from_db()
    text = mail.get_body(("plain",)).get_content()
    assert mail["Subject"] == "Fair rotas"
    assert mail["From"] == "Employees of Example <letters@undersigned.test>"
    assert mail["Reply-To"] == "us@letters.test"
    assert "1. Publish the rota two weeks ahead" in text
    assert "1 distinct work mailbox at example.test, by typed code" in text
    assert snapshot.sha256 in text
    assert letter.url in text
    assert "2. Pay for changes" in text
    assert mail.get_body(("html",)) is not None
    assert states(letter) == ["accepted", "accepted"]


def test_the_pdf_lists_every_named_signatory_and_no_anonymous_one(mails):
    letter = make_letter(batch_size=5)
    names = [f"Person {word} Example" for word in ("Alpha", "Beta", "Gamma", "Delta")]
    for name in names:
        sign(letter, name)
    hidden = sign(letter, "Hidden Person")
    by_receipt.change(hidden, Shown(Appear.ANONYMOUS))
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)
    deliver(letter)

    send_all()

    (attached,) = mails.mails[0].iter_attachments()
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(attached.get_content())).pages)
    assert attached.get_content_type() == "application/pdf"
    assert [name for name in names if name in " ".join(text.split())] == names
    assert "Hidden" not in text
    assert "6 anonymous signatures" in text


def test_pressing_deliver_ten_times_delivers_once(mails):
    letter = make_letter()

    for _ in range(10):
        deliver(letter, number=1)
    send_all()

    assert (Snapshot.objects.count(), len(mails.mails)) == (1, 2)


def test_a_letter_waits_until_its_snapshot_is_frozen(mails):
    deliver(make_letter())

    assert Delivery.objects.due().count() == 0


def test_a_withdrawal_before_the_first_mail_makes_the_snapshot_anew(mails):
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    sign(letter, "Grace Hopper")
    snapshot = deliver(letter)
    snapshots.freeze_due()
    before = Snapshot.objects.get(pk=snapshot.pk).sha256

    by_receipt.withdraw(receipt)
    send_all()

    after = Snapshot.objects.get(pk=snapshot.pk)
    assert after.sha256 not in ("", before)
    assert after.count["total"] == 1
    assert "Lovelace" not in mails.mails[0].as_string()


def test_a_withdrawal_after_the_first_mail_leaves_the_snapshot(mails):
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    snapshot = deliver(letter)
    send_all()
    before = Snapshot.objects.get(pk=snapshot.pk).sha256

    by_receipt.withdraw(receipt)
    snapshots.freeze_due()

    assert Snapshot.objects.get(pk=snapshot.pk).sha256 == before


def test_a_sender_that_rendered_an_older_picture_sends_nothing(mails):
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    deliver(letter)
    snapshots.freeze_due()
    delivery = Delivery.objects.due().select_related("letter", "recipient", "snapshot").first()
    restores.is_own_database()
    lease = Lease.take(delivery.pk)
    by_receipt.withdraw(receipt)

    with pytest.raises(sending.Withheld):
        sending._let_out(delivery, lease)
    assert Delivery.objects.get(pk=delivery.pk).state == "leased"


def test_the_list_is_erased_when_its_last_copy_is_out(mails):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    snapshot = deliver(letter)
    send_all()

    snapshots.settle()

    snapshot.refresh_from_db()
    assert (snapshot.names, snapshot.count["total"], bool(snapshot.sha256)) == (None, 1, True)


def test_a_final_refusal_is_final(mails):
    letter = make_letter()
    deliver(letter)
    refused = letter.recipients.first().address
    mails.refusals[refused] = [f"550 no such mailbox {refused}"] * 3

    send_all()
    send_all()

    row = letter.deliveries.get(recipient__address=refused)
    assert (row.state, row.smtp_code, row.attempts) == ("refused", 550, 1)
    assert row.smtp_text == "no such mailbox [address]"
    assert len(mails.mails) == 1


def test_a_passing_refusal_is_tried_again_later(mails):
    letter = make_letter()
    deliver(letter)
    address = letter.recipients.first().address
    mails.refusals[address] = ["451 busy"]
    send_all()
    row = letter.deliveries.get(recipient__address=address)
    assert (row.state, row.smtp_code, Delivery.objects.due().count()) == ("queued", 451, 0)

    Delivery.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    send_all()

    assert states(letter) == ["accepted", "accepted"]
    assert len(mails.to(address)) == 1


def test_a_mail_server_that_is_gone_leaves_the_row_queued(settings, mails):
    settings.EMAIL_PORT = 1
    letter = make_letter()
    deliver(letter)

    send_all()

    assert states(letter) == ["queued", "queued"]


def test_a_line_lost_after_the_dot_is_unknown_and_never_sent_again(settings):
    letter = make_letter()
    letter.recipients.last().delete()
    deliver(letter)
    with server_that_hangs_up_after_the_dot() as (port, bodies):
        settings.EMAIL_PORT = port
        send_all()
        send_all()

    assert states(letter) == ["unknown"]
    assert len(bodies) == 1


class server_that_hangs_up_after_the_dot:  # noqa: N801 - reads as a sentence
    """Takes one mail after the other and drops the line instead of answering the final dot."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.bodies: list[bytes] = []
        threading.Thread(target=self.serve, daemon=True).start()
        return self.listener.getsockname()[1], self.bodies

    def __exit__(self, *_):
        self.listener.close()

    def serve(self):
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with line, line.makefile("rwb") as talk:
                self.talk(talk)

    def talk(self, talk):
        for reply in (b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"354 go"):
            talk.write(reply + b"\r\n")
            talk.flush()
            if reply != b"354 go":
                talk.readline()
        body = b""
        while not body.endswith(b"\r\n.\r\n"):
            body += talk.readline()
        self.bodies.append(body)


def test_a_sender_that_died_before_the_body_is_followed_by_another(mails):
    letter = make_letter()
    deliver(letter)
    snapshots.freeze_due()
    for delivery in letter.deliveries.letters():
        Lease.take(delivery.pk)
    let_leases_end()

    take_back_abandoned()
    send_all()

    assert states(letter) == ["accepted", "accepted"]


def test_a_sender_that_died_in_the_body_leaves_it_unknown(mails):
    letter = make_letter()
    deliver(letter)
    snapshots.freeze_due()
    for delivery in letter.deliveries.letters():
        Lease.take(delivery.pk).start_body()
    let_leases_end()

    take_back_abandoned()
    send_all()

    assert states(letter) == ["unknown", "unknown"]
    assert mails.mails == []


def test_an_old_sender_that_wakes_up_changes_nothing():
    letter = make_letter()
    deliver(letter)
    snapshots.freeze_due()
    delivery = letter.deliveries.letters().first()
    old = Lease.take(delivery.pk)
    let_leases_end()
    take_back_abandoned()
    new = Lease.take(delivery.pk)

    assert (old.start_body(), old.refuse(550, "", during="leased")) == (False, False)
    assert new.start_body()


def test_only_one_of_two_senders_gets_the_row():
    letter = make_letter()
    deliver(letter)
    snapshots.freeze_due()
    delivery = letter.deliveries.letters().first()

    assert [bool(Lease.take(delivery.pk)), bool(Lease.take(delivery.pk))] == [True, False]


def test_a_picture_being_frozen_while_somebody_hides_is_made_anew():
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    deliver(letter)
    being_frozen = Snapshot.objects.select_related("letter", "version").get()

    by_receipt.change(receipt, Shown(Appear.ANONYMOUS))

    assert snapshots.freeze(being_frozen) is False
    assert Snapshot.objects.unfrozen().count() == 1


def test_a_letter_whose_picture_thaws_after_the_claim_waits_and_is_not_cancelled(mails, monkeypatch):
    letter = make_letter()
    deliver(letter)
    snapshots.freeze_due()
    take = Lease.take

    def thaw_after_claim(pk):
        lease = take(pk)
        snapshots.thaw(letter)
        return lease

    monkeypatch.setattr(Lease, "take", thaw_after_claim)
    sending.send(letter.deliveries.letters().first().pk)
    monkeypatch.setattr(Lease, "take", take)
    assert states(letter) == ["queued", "queued"]

    send_all()
    assert states(letter) == ["accepted", "accepted"]


def test_delivering_with_the_number_of_a_closing_is_refused():
    letter = make_letter()
    letters.close(letter)

    with pytest.raises(snapshots.NumberTaken):
        deliver(letter, number=1)
    assert letter.deliveries.letters().count() == 0


def test_a_delivery_that_was_cancelled_as_a_whole_keeps_no_list():
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    deliver(letter)
    snapshots.freeze_due()
    for row in letter.deliveries.letters():
        deliveries.cancel(row, by=letter.memberships.get().user)

    snapshots.settle()
    sign(letter, "Grace Hopper")

    snapshot = letter.snapshots.get()
    assert (snapshot.names, snapshot.count["total"], snapshot.is_frozen) == (None, 1, True)


def test_a_mail_that_cannot_be_made_is_put_back_with_its_reason(mails):
    letter = make_letter()
    deliver(letter)
    snapshots.freeze_due()
    letter.recipients.update(
        address=Concat(Value("boss"), "pk", Value("@b\u00fccher.test"), output_field=CharField())
    )

    send_all()

    assert states(letter) == ["queued", "queued"]
    assert set(letter.deliveries.values_list("smtp_text", flat=True)) == {"UnicodeEncodeError"}


def test_a_picture_that_changed_at_the_last_moment_gives_nothing_away(mails):
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    deliver(letter)
    snapshots.freeze_due()
    delivery = Delivery.objects.select_related("letter", "recipient", "snapshot").letters().first()
    restores.is_own_database()
    lease = Lease.take(delivery.pk)
    message = compose(delivery)
    by_receipt.withdraw(receipt)

    sending._converse(delivery, lease, message, message.as_email().as_bytes())

    assert (Delivery.objects.get(pk=delivery.pk).state, mails.mails) == ("queued", [])


def test_a_cancelled_delivery_is_not_sent(mails):
    letter = make_letter()
    deliver(letter)
    owner = letter.memberships.first().user

    assert [deliveries.cancel(row, by=owner) for row in letter.deliveries.letters()] == [True, True]
    send_all()

    assert (states(letter), mails.mails) == (["cancelled", "cancelled"], [])


def test_whoever_opted_out_gets_nothing(mails):
    letter = make_letter()
    deliver(letter)
    letter.recipients.update(opted_out_at=timezone.now())

    send_all()

    assert (states(letter), mails.mails) == (["cancelled", "cancelled"], [])
    with pytest.raises(deliveries.NobodyToDeliverTo):
        deliver(letter)


def test_closing_tells_each_organizer_once(mails):
    owner = make_user("owner@example.org")
    letter = make_letter(owner=owner)
    letter.memberships.create(user=make_user("editor@example.org"), role="editor")

    letters.close(letter, by=owner)
    send_all()
    send_all()

    assert sorted(mail["To"] for mail in mails.mails) == ["editor@example.org", "owner@example.org"]


def test_whoever_left_the_letter_is_told_nothing(mails):
    letter = make_letter()
    letters.close(letter)
    letter.memberships.all().delete()

    send_all()

    assert mails.mails == []


def test_a_draft_is_delivered_to_nobody():
    letter = make_draft()

    with pytest.raises(deliveries.NotPublished):
        deliver(letter, number=1)


@pytest.mark.django_db(transaction=True)
def test_everybody_can_read_in_data_before_the_body_leaves(mails, monkeypatch):
    """Committed, not only written: a sender that dies after this has left its trace."""
    letter = make_letter()
    deliver(letter)
    hand_over, seen = Conversation.hand_over, []

    def looked_at(conversation, body):
        seen.append(Beside(lambda: states(letter)).outcome())
        return hand_over(conversation, body)

    monkeypatch.setattr(Conversation, "hand_over", looked_at)
    send_all()

    assert seen == [["in_data", "queued"], ["accepted", "in_data"]]


def test_the_attached_pdf_is_the_picture_and_not_the_moment(mails):
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    deliver(letter)
    snapshots.freeze_due()
    first, second = Delivery.objects.due().values_list("pk", flat=True)
    sending.send(first)

    by_receipt.withdraw(receipt)
    sign(letter, "Grace Hopper")
    sending.send(second)

    for mail in mails.mails:
        (attached,) = mail.iter_attachments()
        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(attached.get_content())).pages)
        assert ("Ada Lovelace" in text, "Grace Hopper" in text) == (True, False)
    assert len(mails.mails) == 2


def test_a_second_attempt_is_the_same_message(mails):
    letter = make_letter()
    letter.recipients.last().delete()
    deliver(letter)
    snapshots.freeze_due()
    row = letter.deliveries.select_related("letter", "recipient", "snapshot").get()

    identities = {compose(row).as_email()["Message-ID"] for _ in range(2)}

    assert identities == {f"<{row.message_id}@undersigned.test>"}


def test_the_list_stays_until_its_last_copy_is_out(mails):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    snapshot = deliver(letter)
    snapshots.freeze_due()
    sending.send(Delivery.objects.due().first().pk)

    snapshots.settle()

    snapshot.refresh_from_db()
    assert (snapshot.names, snapshot.is_settled) == (["Ada Lovelace"], False)
