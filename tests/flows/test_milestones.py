from __future__ import annotations

import threading

import pytest
from django.core.cache import cache
from django.db import connection

from petitions import counts, mail
from petitions.flows import batches, deliveries, milestones, recipients, sending, snapshots
from petitions.flows import receipts as by_receipt
from petitions.models import Appear, Delivery, Letter, Milestone, Subscription
from tests.factories import make_letter, make_user, make_workplace, sign

pytestmark = pytest.mark.django_db


def notices(letter):
    rows = letter.deliveries.filter(kind=Delivery.Kind.MILESTONE)
    return sorted(rows.values_list("milestone__threshold", flat=True))


def test_a_milestone_falls_with_the_signature_that_reaches_it(django_capture_on_commit_callbacks):
    letter = make_letter(milestones=(2,))
    with django_capture_on_commit_callbacks(execute=True):
        sign(letter, "Ada Lovelace")
    assert notices(letter) == []

    with django_capture_on_commit_callbacks(execute=True):
        sign(letter, "Grace Hopper")

    assert notices(letter) == [2]
    assert Milestone.objects.get().count_seen == 2


def test_every_threshold_crossed_at_once_has_its_own_notice():
    letter = make_letter(milestones=(5, 6, 50), batch_size=6)
    letter.memberships.create(user=make_user(), role="editor")
    for _ in range(6):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)

    milestones.watch(letter)
    milestones.check(letter)

    assert notices(letter) == [5, 5, 6, 6]


def test_of_many_the_number_that_was_told_last_says_when_it_is_time(settings, monkeypatch):
    """Each signature looks at what was counted last, each sweep at what is shown; who counts then counts the rows."""
    settings.COUNT_SECONDS = 60
    monkeypatch.setattr(milestones, "MANY", 2)
    letter = make_letter(milestones=(3,))
    for name in ("Ada Lovelace", "Grace Hopper"):
        sign(letter, name)
    assert counts.shown(letter).total == 2
    sign(letter, "Mary Jackson")

    milestones.glance(letter)
    milestones.watch(letter)
    assert notices(letter) == []
    forget_what_is_shown(letter)
    milestones.glance(letter)
    assert notices(letter) == []
    milestones.watch(letter)
    milestones.glance(letter)

    assert notices(letter) == [3]


def forget_what_is_shown(letter):
    for key in ("count", "grown"):
        cache.delete(f"{key}:{letter.pk}")


def test_withdrawing_does_not_unreach_it():
    letter = make_letter(milestones=(1,))
    receipt = sign(letter, "Ada Lovelace")
    milestones.check(letter)

    by_receipt.withdraw(receipt)
    sign(letter, "Grace Hopper")
    milestones.check(letter)

    assert notices(letter) == [1]


@pytest.mark.django_db(transaction=True)
def test_twenty_who_see_it_fall_at_once_tell_it_once():
    letter = make_letter(milestones=(1, 2))
    for name in ("Ada Lovelace", "Grace Hopper", "Mary Jackson"):
        sign(letter, name)
    Milestone.objects.update(reached_at=None, count_seen=None)
    Delivery.objects.all().delete()
    barrier = threading.Barrier(20)

    def check():
        barrier.wait()
        milestones.check(letter)
        connection.close()

    threads = [threading.Thread(target=check) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert notices(letter) == [1, 2]


def test_a_milestone_is_marked_once_with_the_count_that_was_seen_first():
    milestone = make_letter(milestones=(2,)).milestones.get()

    assert [milestone.mark_reached(count) for count in (1, 2, 3)] == [False, True, False]
    assert Milestone.objects.get().count_seen == 2


def follow(letter: Letter) -> None:
    Subscription.objects.create(letter=letter, sealed=b"x", mark=b"m" * 32, secret_hash=b"s" * 32)


def reach(letter: Letter, **fields: object) -> Milestone:
    """A milestone that falls with the next signature."""
    number = letter.signatures.count() + 1
    made = letter.milestones.create(**({"threshold": number} | fields))
    sign(letter, "Ada Lovelace")
    milestones.check(letter)
    made.refresh_from_db()
    assert made.reached_at is not None
    return made


def readers(milestone: Milestone) -> list[str]:
    kinds = ("user", "subscription", "recipient")
    rows = Delivery.objects.filter(milestone=milestone)
    return sorted(kind for row in rows for kind in kinds if getattr(row, f"{kind}_id"))


def ask_for_delivery(letter: Letter) -> None:
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)


def deliver(letter: Letter) -> None:
    ask_for_delivery(letter)
    send_letters(letter)


def send_letters(letter: Letter) -> None:
    snapshots.freeze_due()
    for pk in letter.deliveries.letters().values_list("pk", flat=True):
        sending.send(pk)


def days_later(letter: Letter) -> None:
    """As if what was sent had been sent long ago, and what waits could go."""
    letter.deliveries.exclude(body_started_at=None).update(body_started_at="2020-01-01T00:00Z")
    letter.deliveries.unsent().update(not_before="2020-01-02T00:00Z")


def test_each_audience_is_told_and_nobody_else(mails):
    letter = make_letter()
    follow(letter)
    deliver(letter)
    nobody = {"is_for_organizers": False, "is_for_followers": False}

    assert readers(reach(letter)) == ["subscription", "user"]
    assert readers(reach(letter, **nobody)) == []
    assert readers(reach(letter, **nobody | {"is_for_organizers": True})) == ["user"]
    assert readers(reach(letter, **nobody | {"is_for_followers": True})) == ["subscription"]
    assert readers(reach(letter, **nobody, is_for_recipients=True)) == ["recipient", "recipient"]


def test_a_share_follows_the_head_count_until_it_is_reached_and_stays_then():
    letter = make_letter()
    workplace = letter.workplaces.get()
    share = letter.milestones.create(share=25)
    sign(letter, "Ada Lovelace")

    def threshold_with(head_count: int | None) -> int | None:
        letter.workplaces.filter(pk=workplace.pk).update(head_count=head_count)
        milestones.watch(letter)
        share.refresh_from_db()
        return share.threshold

    assert [threshold_with(number) for number in (None, 0, 100, 9, None, 5)] == [None, None, 25, 3, None, 2]
    assert (share.reached_at, notices(letter)) == (None, [])
    assert threshold_with(4) == 1
    assert (share.count_seen, notices(letter)) == (1, [1])
    assert threshold_with(100) == 1
    assert notices(letter) == [1]


def test_a_share_of_several_workplaces_is_one_of_their_sum_once_each_is_known():
    letter = make_letter()
    letter.workplaces.update(head_count=10)
    other = make_workplace("other.test")
    letter.workplaces.add(other)
    share = letter.milestones.create(share=10)

    found = []
    for head_count in (None, 31):
        letter.workplaces.filter(pk=other.pk).update(head_count=head_count)
        milestones.measure(letter)
        share.refresh_from_db()
        found.append(share.threshold)

    assert found == [None, 5]


def test_a_head_count_that_is_corrected_between_counting_and_marking_counts():
    """The sender of the stale number loses; the next look tells of the right one."""
    letter = make_letter()
    letter.workplaces.update(head_count=4)
    letter.milestones.create(share=25)
    milestones.measure(letter)
    stale = letter.milestones.get()
    letter.workplaces.update(head_count=40)
    milestones.measure(letter)

    assert not stale.mark_reached(1)
    assert not stale.mark_reached(100)
    assert letter.milestones.get().mark_reached(10)


def test_a_number_and_a_share_of_one_height_are_told_to_each_reader_once(mails):
    letter = make_letter()
    letter.workplaces.update(head_count=4)
    follow(letter)
    letter.milestones.create(threshold=1, text="We are <one>.", is_for_followers=False)
    letter.milestones.create(share=25, text="A quarter of us.")
    sign(letter, "Ada Lovelace")

    milestones.check(letter)

    assert [m.count_seen for m in letter.milestones.all()] == [1, 1]
    told = letter.deliveries.filter(kind=Delivery.Kind.MILESTONE)
    assert (told.exclude(user=None).count(), told.exclude(subscription=None).count()) == (1, 1)
    message = mail.compose(told.get(subscription=None))
    for words in ("As many as 25 % of the head-count.", "A quarter of us."):
        assert words in message.text
        assert words in message.html
    assert "We are <one>." in message.text
    assert "We are &lt;one&gt;." in message.html


def test_recipients_hear_of_milestones_after_the_letter_and_once_a_day(mails):
    letter = make_letter(contact_address="answers@example.org")
    first, second = letter.recipients.all()
    reach(letter, is_for_recipients=True)
    assert not letter.deliveries.exclude(recipient=None).exists()
    ask_for_delivery(letter)
    reach(letter, is_for_recipients=True)
    assert notice_states(letter) == []

    send_letters(letter)
    tired = letter.recipients.get(pk=second.pk)
    recipients.want_no_mail(tired)
    recipients.want_no_mail(tired)
    assert letter.events.filter(verb="recipient_opted_out").count() == 1
    reach(letter, is_for_recipients=True, text="Nobody told us.")
    reached = reach(letter, is_for_recipients=True, text="We are four.")

    waiting, replaced = first.deliveries.filter(kind=Delivery.Kind.MILESTONE).order_by("-pk")
    assert (waiting.milestone, waiting.state, replaced.state) == (reached, "queued", "cancelled")
    assert not second.deliveries.filter(kind=Delivery.Kind.MILESTONE).exists()
    assert not Delivery.objects.due().exclude(recipient=None).exists()
    assert not Delivery.objects.late().exists()
    last = first.deliveries.letters().get().body_started_at
    assert waiting.not_before - last == deliveries.A_DAY

    mails.clear()
    days_later(letter)
    for _ in range(2):
        sending.send(waiting.pk)
    (notice,) = mails.to(first.address)
    text = notice.get_body(("plain",)).get_content()
    assert "This letter reached 4 signatures" in text
    assert "We are four." in text
    assert "/answer/" in text
    assert notice["From"].startswith("Employees of Example")
    assert notice["Reply-To"] == "answers@example.org"
    assert notice["List-Unsubscribe"].strip("<>").endswith("/mail/")
    assert notice["List-Unsubscribe"].strip("<>") in text


def test_a_recipient_who_opts_out_before_a_notice_leaves_gets_none(mails):
    letter = make_letter()
    deliver(letter)
    reach(letter, is_for_recipients=True)
    days_later(letter)
    mails.clear()
    for recipient in letter.recipients.all():
        recipients.want_no_mail(recipient)

    for pk in letter.deliveries.exclude(recipient=None).due().values_list("pk", flat=True):
        sending.send(pk)

    assert (mails.mails, set(notice_states(letter))) == ([], {"cancelled"})


def notice_states(letter: Letter) -> list[str]:
    rows = letter.deliveries.filter(kind=Delivery.Kind.MILESTONE).exclude(recipient=None)
    return list(rows.values_list("state", flat=True))


@pytest.mark.django_db(transaction=True)
def test_of_notices_that_are_written_at_once_one_waits_for_each_recipient(mails):
    letter = make_letter()
    deliver(letter)
    for threshold in (1, 2, 3, 4):
        letter.milestones.create(threshold=threshold, is_for_recipients=True)
    for _ in range(4):
        sign(letter, "Ada Lovelace")
    Milestone.objects.update(reached_at=None, count_seen=None)
    letter.deliveries.filter(kind=Delivery.Kind.MILESTONE).delete()
    barrier = threading.Barrier(4)

    def fall(milestone):
        barrier.wait()
        milestones._reach(milestone, 4)
        connection.close()

    threads = [threading.Thread(target=fall, args=[row]) for row in letter.milestones.all()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(notice_states(letter)) == ["cancelled"] * 6 + ["queued"] * 2
