"""Delivering, once; and what became of each message."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from pypdf import PdfReader

from petitions import limits
from petitions.documents import pictures
from petitions.flows import deliveries, letters, pauses, receipts, sending, snapshots
from petitions.models import (
    AuditEvent,
    Delivery,
    Installation,
    Lease,
    Letter,
    Recipient,
    Snapshot,
    Subscription,
)
from tests.admin.posts import delivering, page
from tests.factories import make_draft, make_letter, make_user, sign

NOW = {"while_open": "on"}


@pytest.fixture
def closed(letter, owner) -> Letter:
    letters.close(letter, by=owner)
    return letter


def number_of_mails(letter: Letter) -> int:
    return Delivery.objects.letters().filter(letter=letter).count()


def test_pressing_ten_times_delivers_once(as_owner, closed):
    assert (
        '<input type="hidden" name="number" value="2"'
        in as_owner.get(page("deliver", closed)).content.decode()
    )
    for _ in range(10):
        assert as_owner.post(page("deliver", closed), delivering(closed, 2)).status_code == 303
    assert number_of_mails(closed) == 2
    assert closed.snapshots.filter(reason=Snapshot.Reason.DELIVERY).count() == 1


def test_open_letter_needs_a_tick(as_owner, letter):
    answer = as_owner.post(page("deliver", letter), delivering(letter, 1))
    assert answer.status_code == 422
    assert "People can still sign. Please close the letter first, or tick this." in answer.content.decode()
    assert number_of_mails(letter) == 0
    assert as_owner.post(page("deliver", letter), delivering(letter, 1, **NOW)).status_code == 303
    assert number_of_mails(letter) == 2


def test_second_delivery_needs_a_tick(as_owner, closed):
    as_owner.post(page("deliver", closed), delivering(closed, 2))
    answer = as_owner.post(page("deliver", closed), delivering(closed, 3))
    assert answer.status_code == 422
    assert "They have it already: Erin Chief; Pat Person. Please tick this" in answer.content.decode()
    assert number_of_mails(closed) == 2
    for _ in range(3):
        assert as_owner.post(page("deliver", closed), delivering(closed, 3, again="on")).status_code == 303
    assert number_of_mails(closed) == 4


@pytest.mark.parametrize("number", ["", "0", "-1", "99", "1", "x", "9" * 30])
def test_number_of_no_delivery_is_refused(as_owner, closed, number):
    """1 is the snapshot of closing: the page was opened before somebody closed the letter."""
    assert as_owner.post(page("deliver", closed), delivering(closed, number)).status_code == 422
    assert number_of_mails(closed) == 0


def test_draft_and_archived_letters_are_not_delivered(as_owner, draft, closed):
    Letter.objects.filter(pk=closed.pk).update(state="archived")
    for letter in (draft, closed):
        answer = as_owner.post(page("deliver", letter), delivering(letter, 2), follow=True)
        assert "Only an open or closed letter can be delivered." in answer.content.decode()
    assert Delivery.objects.letters().count() == 0


def test_recipients_who_opted_out_are_named_and_spared(as_owner, closed):
    Recipient.objects.filter(letter=closed, name="Pat Person").update(opted_out_at=timezone.now())
    shown = " ".join(as_owner.get(page("deliver", closed)).content.decode().split())
    assert re.search(r" disabled > <div> <label [^>]*>Pat Person, People</label>", shown)
    assert shown.count("wants no more mail and gets none") == 1
    ticked_by_hand = [recipient.pk for recipient in closed.recipients.all()]
    answer = as_owner.post(page("deliver", closed), delivering(closed, 2, recipients=ticked_by_hand))
    assert answer.status_code == 422
    assert number_of_mails(closed) == 0
    as_owner.post(page("deliver", closed), delivering(closed, 2))
    assert number_of_mails(closed) == 1


def test_only_those_who_are_ticked_get_it_and_the_others_are_offered_next_time(as_owner, closed):
    first, second = closed.recipients.all()
    answer = as_owner.post(page("deliver", closed), delivering(closed, 2, recipients=[]))
    assert "Please tick at least one recipient." in answer.content.decode()
    as_owner.post(page("deliver", closed), delivering(closed, 2, recipients=[first.pk]))
    assert list(Delivery.objects.letters().values_list("recipient", flat=True)) == [first.pk]

    shown = " ".join(as_owner.get(page("deliver", closed)).content.decode().split())
    ticked = re.findall(r'id="recipient-(\d+)" checked', shown)
    assert ticked == [str(second.pk)]
    assert shown.count("Delivery 2 of") == 1
    assert as_owner.post(page("deliver", closed), delivering(closed, 3, recipients=ticked)).status_code == 303
    assert sorted(Delivery.objects.letters().values_list("recipient", "snapshot__number")) == [
        (first.pk, 2),
        (second.pk, 3),
    ]


def test_who_delivers_to_others_at_the_same_moment_is_told_to_look_again(as_owner, closed):
    first, second = closed.recipients.all()
    mine, theirs = (delivering(closed, 2, recipients=[person.pk]) for person in (first, second))
    assert as_owner.post(page("deliver", closed), theirs).status_code == 303
    answer = as_owner.post(page("deliver", closed), mine)
    assert answer.status_code == 422
    assert "The letter changed since this page was opened. Please look again." in answer.content.decode()
    assert as_owner.post(page("deliver", closed), theirs).status_code == 303
    assert number_of_mails(closed) == 1


def test_recipients_of_another_letter_are_not_ticked(as_owner, closed):
    foreign = make_letter().recipients.first()
    data = delivering(closed, 2, recipients=[foreign.pk])
    assert as_owner.post(page("deliver", closed), data).status_code == 422
    assert Delivery.objects.letters().count() == 0


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("ÉGALITÉ  AU TRAVAIL", 303),
        (" e\u0301galite\u0301 au travail", 303),
        ("Egalité au travail", 422),
        ("Égalité", 422),
        ("", 422),
    ],
)
def test_the_title_is_typed_to_confirm(as_owner, closed, typed, status):
    Letter.objects.filter(pk=closed.pk).update(title="Égalité au travail")
    closed.refresh_from_db()
    answer = as_owner.post(page("deliver", closed), delivering(closed, 2, title=typed))
    assert answer.status_code == status
    assert number_of_mails(closed) == (2 if status == 303 else 0)


def test_the_hash_that_is_shown_is_the_one_that_is_delivered(as_owner, letter, owner):
    receipt = sign(letter, "Ada Lovelace")
    sign(letter, "Grace Hopper")
    letters.close(letter, by=owner)
    data = delivering(letter, 2)
    for name in ("deliver", "preview_mail", "preview_mail_html"):
        assert data["seen"] in as_owner.get(page(name, letter)).content.decode()
    receipts.withdraw(receipt)

    answer = as_owner.post(page("deliver", letter), data)
    assert answer.status_code == 422
    assert "The list of signatures changed since this page was opened." in answer.content.decode()
    assert number_of_mails(letter) == 0
    seen = re.search(r'name="seen" value="(\w{64})"', answer.content.decode())[1]
    assert as_owner.post(page("deliver", letter), data | {"seen": seen}).status_code == 303
    snapshots.freeze_due()
    assert letter.snapshots.get(number=2).sha256 == seen


def test_while_people_sign_a_new_signature_refuses_nothing_and_is_told_of(as_owner, letter):
    shown = as_owner.get(page("deliver", letter)).content.decode()
    assert "those of the moment at which you press" in shown
    data = delivering(letter, 1, **NOW)
    sign(letter, "Ada Lovelace")
    assert as_owner.post(page("deliver", letter), data).status_code == 303


def test_a_test_mail_goes_to_whoever_presses_and_opens_no_room(as_owner, letter, owner, mails):
    sign(letter, "Ada Lovelace")
    other = make_user("other@example.org")
    letter.memberships.create(user=other, role="owner")
    answer = as_owner.post(page("test_mail", letter), {"asked_on": "deliver", "to": other.email}, follow=True)
    assert "The test mail is on its way to owner@example.org." in answer.content.decode()
    assert AuditEvent.objects.get(verb="test_mail_sent").actor == owner

    sending.send(Delivery.objects.get().pk)

    (mail,) = mails.mails
    text = mail.get_body(("plain",)).get_content()
    assert (mail["To"], mail["Subject"]) == ("owner@example.org", f"Test: {letter.title}")
    assert "/answer/" not in text + mail.get_body(("html",)).get_content()
    assert pictures.of_now(letter).sha256 in text
    (pdf,) = mail.iter_attachments()
    printed = "".join(leaf.extract_text() for leaf in PdfReader(io.BytesIO(pdf.get_content())).pages)
    assert "Ada Lovelace" in printed
    assert not Letter.objects.get(pk=letter.pk).snapshots.exists()


def test_a_draft_has_a_test_mail_too(as_owner, draft, mails):
    as_owner.post(page("test_mail", draft))
    sending.send(Delivery.objects.get().pk)
    assert [mail["Subject"] for mail in mails.mails] == [f"Test: {draft.title}"]


def test_test_mails_are_limited_and_not_for_reviewers(as_owner, letter, member):
    for _ in range(limits.TEST_MAILS.amount + 2):
        answer = as_owner.post(page("test_mail", letter), follow=True)
    assert "So many test mails went to you in the last hour" in answer.content.decode()
    assert Delivery.objects.count() == limits.TEST_MAILS.amount
    assert member(letter, "reviewer").post(page("test_mail", letter)).status_code == 403


def test_nobody_to_deliver_to_is_said(as_owner, closed):
    Recipient.objects.filter(letter=closed).update(opted_out_at=timezone.now())
    answer = as_owner.post(page("deliver", closed), delivering(closed, 2))
    assert answer.status_code == 422
    assert "There is nobody to deliver it to" in answer.content.decode()


def test_confirming_shows_who_gets_what(as_owner, closed):
    shown = as_owner.get(page("deliver", closed)).content.decode()
    for words in ("Erin Chief", "Pat Person", "0 signatures: 0 named", page("preview_mail", closed)):
        assert words in shown


def test_deliveries_are_listed_in_words(as_owner, closed):
    as_owner.post(page("deliver", closed), delivering(closed, 2))
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
    as_owner.post(page("deliver", closed), delivering(closed, 2))
    first, second = Delivery.objects.letters().order_by("pk")
    Snapshot.objects.filter(pk=second.snapshot_id).update(sha256="x", count={"total": 0})
    assert Lease.take(second.pk).start_body()
    assert as_owner.get(page("delivery_cancel", closed, first.pk)).status_code == 405
    as_owner.post(page("delivery_cancel", closed, first.pk))
    answer = as_owner.post(page("delivery_cancel", closed, second.pk), follow=True)
    assert "Too late: this mail does not wait any more." in answer.content.decode()
    states = Delivery.objects.letters().order_by("pk").values_list("state", flat=True)
    assert list(states) == ["cancelled", "in_data"]


def test_the_part_that_changes_is_asked_for_while_something_moves(as_owner, closed, owner):
    assert "data-moving" not in as_owner.get(page("deliveries_now", make_draft(owner=owner))).content.decode()
    as_owner.post(page("deliver", closed), delivering(closed, 2))
    snapshots.freeze_due()
    first, second = Delivery.objects.letters().order_by("pk")
    Delivery.objects.filter(letter=closed).exclude(kind="letter").delete()
    part = as_owner.get(page("deliveries_now", closed)).content.decode()
    assert "<html" not in part
    assert "data-moving" in part
    assert "2 × letter" in part
    lease = Lease.take(first.pk)
    lease.put_back(451, "Try again later.", during="leased", wait=timedelta(minutes=2))
    assert "451 Try again later." in as_owner.get(page("deliveries_now", closed)).content.decode()
    shown = " ".join(as_owner.get(page("delivery", closed, first.pk)).content.decode().split())
    assert "It is tried again by itself after" in shown
    assert closed.snapshots.get(number=2).sha256 in shown
    for row in (first, second):
        as_owner.post(page("delivery_cancel", closed, row.pk))
    assert "data-moving" not in as_owner.get(page("deliveries_now", closed)).content.decode()


def test_editor_cancels_nothing(closed, member, as_owner):
    as_owner.post(page("deliver", closed), delivering(closed, 2))
    delivery = Delivery.objects.letters().first()
    assert member(closed, "editor").post(page("delivery_cancel", closed, delivery.pk)).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_one_and_for_three(as_owner, owner, count, django_assert_num_queries):
    letter = make_letter(owner=owner)
    for number in range(count):
        Delivery.objects.create(letter=letter, kind="closing", key=str(number), user=owner)
    with django_assert_num_queries(7):  # session, person, letter and figures, sums, rows, under way, troubles
        assert as_owner.get(page("deliveries", letter)).content.decode().count("<td>closing notice") == count


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

    shown = as_owner.get(page("deliveries_now", closed)).content.decode()

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


@pytest.mark.parametrize("whole", ["letter", "site"])
def test_under_a_pause_nothing_is_called_on_its_way(as_owner, closed, owner, whole):
    if whole == "site":
        pauses.pause_site(Installation.Switch.MAILS, by=owner)
    else:
        pauses.pause(closed, by=owner)

    asked = as_owner.get(page("deliver", closed)).content.decode()
    tried = as_owner.post(page("test_mail", closed), follow=True).content.decode()
    pressed = as_owner.post(page("deliver", closed), delivering(closed, 2), follow=True).content.decode()

    assert "What you deliver now waits until then." in asked
    assert f"A test mail to {owner.email} waits: mails are paused." in tried
    assert "2 mails wait: mails are paused." in pressed


def test_a_refused_letter_says_what_can_be_done(as_owner, closed, owner):
    deliveries.deliver(closed, number=2, by=owner)
    mail = Delivery.objects.letters().first()
    hint = "compare the address, or hand the letter over in another way"
    assert hint not in as_owner.get(page("delivery", closed, mail.pk)).content.decode()

    Delivery.objects.filter(pk=mail.pk).update(state="refused", finished_at=timezone.now())

    assert hint in as_owner.get(page("delivery", closed, mail.pk)).content.decode()


def test_followers_mails_have_no_page(as_owner, closed):
    subscription = Subscription.objects.create(
        letter=closed, sealed=b"x", mark=b"m" * 32, secret_hash=b"s" * 32
    )
    deliveries.tell_followers(closed, Delivery.Kind.CLOSING, key="test")
    mail = Delivery.objects.get(subscription=subscription)

    assert as_owner.get(page("delivery", closed, mail.pk)).status_code == 404
    assert as_owner.post(page("delivery_cancel", closed, mail.pk)).status_code == 404
