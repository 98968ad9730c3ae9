from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from petitions import mail, tasks
from petitions.flows import pauses, restores, sending, updates
from petitions.models import Delivery, Letter, Subscription, Update
from tests.factories import make_letter, make_user, post_update

pytestmark = pytest.mark.django_db


def follow(letter: Letter, number: int = 1) -> None:
    for name in range(number):
        mark = name.to_bytes(32, "big")
        Subscription.objects.create(letter=letter, sealed=b"x", mark=mark, secret_hash=mark)


def draft(letter: Letter, **changes: str) -> Update:
    words = {"title": "They answered", "text": "The board has **answered**."} | changes
    return updates.write(letter, **words, by=owner(letter))


def scheduled(letter: Letter, **changes: str) -> Update:
    update = draft(letter, **changes)
    updates.schedule(update, at=timezone.now() + timedelta(days=1), by=owner(letter))
    return update


def owner(letter: Letter):
    return letter.memberships.get(role="owner").user


def move_back(update: Update, **time: int) -> None:
    """As if its moment had come, so long ago."""
    Update.objects.filter(pk=update.pk).update(scheduled_at=timezone.now() - timedelta(**time))


def is_posted(update: Update) -> bool:
    return Update.objects.posted().filter(pk=update.pk).exists()


def mails_of(update: Update) -> int:
    return Delivery.objects.filter(update_told=update, kind=Delivery.Kind.UPDATE).count()


def test_a_draft_is_in_no_page_feed_or_api(client):
    letter = make_letter()
    scheduled(letter, title="Not for you yet")
    draft(letter, title="Not for you either", text="Other words.")

    url = letter.get_absolute_url()
    for page in (url, f"{url}feed.atom", f"/api/v1{url}"):
        assert b"Not for you" not in client.get(page).content

    post_update(letter, title="For everybody")
    for page in (url, f"{url}feed.atom", f"/api/v1{url}"):
        assert client.get(page).content.count(b"For everybody") == 1


def test_a_scheduled_update_posts_itself_once_however_often_the_clock_rings():
    letter = make_letter()
    follow(letter, 3)
    update = scheduled(letter)

    tasks.post_updates()
    assert (is_posted(update), mails_of(update)) == (False, 0)
    move_back(update, seconds=1)
    for _ in range(3):
        tasks.post_updates()

    assert (is_posted(update), mails_of(update)) == (True, 3)
    verbs = letter.events.order_by("pk").values_list("verb", "actor")
    by = owner(letter).pk
    assert list(verbs)[-3:] == [("update_written", by), ("update_scheduled", by), ("update_posted", None)]


def test_a_sweep_that_dies_before_its_commit_leaves_the_update_to_the_next(monkeypatch):
    letter = make_letter()
    follow(letter)
    update = scheduled(letter)
    move_back(update, minutes=1)
    with monkeypatch.context() as killed:  # after row and mails, in their transaction
        killed.setattr(updates.audit, "record", lambda *_args, **_named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            updates.post_due(letter)
    assert (is_posted(update), mails_of(update)) == (False, 0)

    tasks.post_updates()

    assert (is_posted(update), mails_of(update)) == (True, 1)


@pytest.mark.django_db(transaction=True)
def test_ten_sweeps_at_once_post_it_once():
    letter = make_letter()
    follow(letter, 2)
    update = scheduled(letter)
    move_back(update, minutes=1)

    at_once([lambda: updates.post_due(letter)] * 10)

    assert (is_posted(update), mails_of(update)) == (True, 2)
    assert letter.events.filter(verb="update_posted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_six_that_are_posted_at_once_three_go():
    letter = make_letter()
    drafts = [draft(letter, title=f"News {number}") for number in range(6)]
    found = []

    def post(update: Update) -> None:
        try:
            updates.post(update, revision=1, by=update.letter.memberships.get().user)
        except updates.TooMany as full:
            found.append(full.next_free)

    at_once([lambda update=update: post(update) for update in drafts])

    assert (letter.updates.posted().count(), len(found)) == (3, 3)
    first = letter.updates.posted().last().posted_at
    assert set(found) == {first + timedelta(days=7)}


@pytest.mark.django_db(transaction=True)
def test_cancelling_and_posting_at_once_has_one_outcome():
    letter = make_letter()
    follow(letter)
    update = scheduled(letter)
    move_back(update, minutes=1)
    cancelled = []

    at_once(
        [
            lambda: updates.post_due(letter),
            lambda: cancelled.append(updates.unschedule(update, by=owner(letter))),
        ]
    )

    assert [not is_posted(update)] == cancelled
    assert mails_of(update) == is_posted(update)


def at_once(works) -> None:
    barrier = threading.Barrier(len(works))

    def run(work):
        barrier.wait()
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_scheduled_ones_count_and_one_that_is_late_waits_for_room():
    letter = make_letter()
    late = scheduled(letter, title="Late")
    for number in range(2):
        post_update(letter, title=f"News {number}")
    with pytest.raises(updates.TooMany):
        updates.post(draft(letter, title="One more"), revision=1, by=owner(letter))
    letter.updates.create(title="Of a time without the rule", text="Text.")
    move_back(late, minutes=1)

    tasks.post_updates()
    assert not is_posted(late)
    letter.updates.posted().update(posted_at=timezone.now() - timedelta(days=8))
    tasks.post_updates()

    assert is_posted(late)


def test_nothing_posts_itself_while_mails_are_paused():
    letter = make_letter()
    update = scheduled(letter)
    move_back(update, minutes=1)
    pauses.pause(letter, by=owner(letter))

    tasks.post_updates()
    assert not is_posted(update)
    pauses.resume(letter, by=owner(letter))
    tasks.post_updates()

    assert is_posted(update)


def test_a_restored_database_posts_nothing_by_itself():
    letter = make_letter()
    restores.is_own_database()
    update = scheduled(letter)
    move_back(update, minutes=1)
    restores.hold()

    for _ in range(2):
        tasks.post_updates()

    update.refresh_from_db()
    assert (update.scheduled_at, update.posted_at) == (None, None)
    assert letter.events.model.objects.filter(verb="unscheduled_after_restore", object_id="1").count() == 1


def test_of_two_who_change_the_same_words_the_second_is_told():
    letter = make_letter()
    update = scheduled(letter)
    updates.rewrite(update, revision=1, title="Mine", text="First.", by=owner(letter))

    with pytest.raises(updates.Rewritten):
        updates.rewrite(update, revision=1, title="Mine", text="Second.", by=owner(letter))
    with pytest.raises(updates.Rewritten):
        updates.post(update, revision=1, by=owner(letter))

    update.refresh_from_db()
    assert (update.text, update.revision, update.is_scheduled) == ("First.", 2, True)


def test_what_is_posted_changes_no_more():
    update, by = post_update(make_letter()), make_user()
    for act in (
        lambda: updates.rewrite(update, revision=2, title="Other", text="Words", by=by),
        lambda: updates.schedule(update, at=timezone.now(), by=by),
        lambda: updates.post(update, revision=2, by=by),
        lambda: updates.discard(update, by=by),
    ):
        with pytest.raises(updates.AlreadyPosted):
            act()
    assert not updates.unschedule(update, by=by)
    assert Update.objects.get().title == update.title


def test_a_test_mail_is_what_followers_get_and_counts_as_nothing_else(mails):
    letter = make_letter()
    follow(letter)
    update = draft(letter, text="Read **this**: <b>now</b>.")
    updates.try_out(update, by=owner(letter))

    for pk in Delivery.objects.due().values_list("pk", flat=True):
        sending.send(pk)

    (trial,) = mails.to(owner(letter).email)
    assert trial["Subject"] == "Test: news of a letter"
    assert "This is a test: nobody but you gets it." in trial.get_body(("plain",)).get_content()
    html = trial.get_body(("html",)).get_content()
    assert "this</strong>" in html
    assert "&lt;b&gt;now" in html
    assert (mails_of(update), is_posted(update)) == (0, False)
    updates.discard(update, by=owner(letter))
    assert not Update.objects.exists()


def test_test_mails_have_an_end():
    letter = make_letter()
    update = draft(letter)
    for _ in range(updates.TRIALS):
        updates.try_out(update, by=owner(letter))
    with pytest.raises(updates.TriedTooOften):
        updates.try_out(update, by=owner(letter))


def test_somebody_who_left_gets_no_test_mail():
    letter, by = make_letter(), make_user()
    updates.try_out(draft(letter), by=by)
    with pytest.raises(mail.Obsolete):
        mail.compose(Delivery.objects.get())
