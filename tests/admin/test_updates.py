from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions import tasks
from petitions.flows import pauses, updates
from petitions.models import Delivery, Subscription, Update
from tests.admin.posts import page
from tests.factories import post_update

WORDS = {"title": "They answered", "text": "The board has **answered**."}


def follow(letter, number: int = 1) -> None:
    for name in range(number):
        mark = name.to_bytes(32, "big")
        Subscription.objects.create(letter=letter, sealed=b"x", mark=mark, secret_hash=mark)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def in_days(days: float) -> str:
    """As a browser's field for date and time posts it."""
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%dT%H:%M}"


@pytest.fixture
def update(letter, owner) -> Update:
    return updates.write(letter, **WORDS, by=owner)


def test_an_update_is_written_seen_and_posted_once(as_owner, letter):
    follow(letter)
    answer = as_owner.post(page("update_write", letter), WORDS, follow=True)
    update = letter.updates.get()
    shown = text_of(answer)
    assert "The draft is saved. Nobody is told yet." in shown
    assert "The board has *answered*." in shown
    assert (update.is_posted, Delivery.objects.count()) == (False, 0)
    again = as_owner.post(page("update_write", letter), WORDS)
    assert again.status_code == 422
    assert "An update with these words is there already." in text_of(again)

    asked = text_of(as_owner.get(page("update_post", letter, update.pk)))
    assert "1 follower gets it by mail." in asked
    posted = as_owner.post(page("update_post", letter, update.pk), {"revision": 1}, follow=True)
    assert "Posted, and on its way to 1 follower." in text_of(posted)
    twice = as_owner.post(page("update_post", letter, update.pk), {"revision": 1}, follow=True)
    assert "Too late: this update is not a draft any more." in text_of(twice)

    assert Delivery.objects.filter(kind=Delivery.Kind.UPDATE).count() == 1
    assert as_owner.get(page("updates", letter)).content.decode().count("They answered") == 1


@pytest.mark.parametrize(
    "words",
    [
        {"title": ""},
        {"text": ""},
        {"title": "x\ny"},
        {"title": "x" * 201},
        {"text": "x" * 50_001},
        {"text": "\x00"},
    ],
)
def test_refused_update_keeps_what_was_typed(as_owner, letter, update, words):
    other = {"title": "A new title", "text": "New words."}
    for path, more in (
        (page("update_write", letter), {}),
        (page("update_rewrite", letter, update.pk), {"revision": 1}),
    ):
        answer = as_owner.post(path, other | more | words)
        assert answer.status_code == 422
        assert ("A new title" if "text" in words else "New words.") in answer.content.decode()
    assert [row.title for row in letter.updates.all()] == ["They answered"]


def test_draft_letter_has_no_updates(as_owner, draft):
    for name in ("updates", "update_write"):
        answer = as_owner.get(page(name, draft), follow=True)
        assert "Nobody reads updates before the letter opens." in answer.content.decode()
    as_owner.post(page("update_write", draft), WORDS)
    assert not draft.updates.exists()


def test_page_and_mail_are_seen_before(as_owner, client, letter, update):
    shown = text_of(as_owner.get(page("update", letter, update.pk)))
    assert f'sandbox src="{page("update_mail_html", letter, update.pk)}"' in shown
    assert "Here each follower reads why they get this" in shown
    framed = as_owner.get(page("update_mail_html", letter, update.pk))
    assert "answered</strong>" in framed.content.decode()
    assert "sandbox" in framed["Content-Security-Policy"]
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    on_page = text_of(as_owner.get(page("update_page", letter, update.pk)))
    assert "<strong>answered</strong>" in on_page
    assert "Preview: only this letter" in on_page
    assert "open for signatures" in on_page
    assert "They answered" not in client.get(letter.get_absolute_url()).content.decode()


def test_words_of_the_mail_stay_words_in_the_workspace(as_owner, letter, update):
    Update.objects.update(title="</pre><form action='/admin/'><button>Press</button></form>")
    shown = as_owner.get(page("update", letter, update.pk)).content.decode()
    assert "<button>Press</button>" not in shown


def test_a_colleague_s_words_are_not_overwritten_unseen(as_owner, letter, update, owner):
    path = page("update_rewrite", letter, update.pk)
    updates.rewrite(update, revision=1, title="They answered", text="What a colleague wrote.", by=owner)
    mine = {"title": "They answered", "text": "What I wrote.", "revision": 1}

    answer = as_owner.post(path, mine)

    shown = text_of(answer)
    assert answer.status_code == 422
    for words in ("Somebody saved other words", "What a colleague wrote.", "What I wrote.", 'value="2"'):
        assert words in shown
    assert as_owner.post(path, mine | {"revision": 2}).status_code == 303
    assert letter.updates.get().text == "What I wrote."
    stale = as_owner.post(page("update_post", letter, update.pk), {"revision": 1}, follow=True)
    assert "Somebody changed the words meanwhile. Nothing was posted" in text_of(stale)


def test_an_update_is_scheduled_changed_cancelled_and_scheduled_again(as_owner, letter, update):
    path = page("update_schedule", letter, update.pk)
    for at, sentence in (
        ("", "Please fill this in."),
        ("tomorrow", "Enter a valid date/time."),
        (in_days(-1), "This time has passed."),
    ):
        answer = as_owner.post(path, {"at": at})
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    at = in_days(2)
    assert "Scheduled: it is posted and mailed on" in text_of(as_owner.post(path, {"at": at}, follow=True))
    assert f"{letter.updates.get().scheduled_at:%Y-%m-%dT%H:%M}" == at
    changed = {"title": "Better", "text": "Words.", "revision": 1}
    as_owner.post(page("update_rewrite", letter, update.pk), changed)
    assert letter.updates.scheduled().get().title == "Better"
    as_owner.post(page("update_unschedule", letter, update.pk))
    assert not letter.updates.scheduled().exists()
    as_owner.post(path, {"at": at})

    letter.updates.update(scheduled_at=timezone.now())
    tasks.post_updates()

    late = as_owner.post(path, {"at": in_days(3)}, follow=True)
    assert "Too late: this update is not a draft any more." in text_of(late)
    assert "Better" in as_owner.get(letter.get_absolute_url()).content.decode()


def test_the_week_says_when_the_next_one_may_go(as_owner, letter, update):
    for number in range(3):
        post_update(letter, title=f"News {number}")
    for path in (page("updates", letter), page("update", letter, update.pk)):
        assert "The next one may go on" in text_of(as_owner.get(path))
    refused = as_owner.post(page("update_post", letter, update.pk), {"revision": 1})
    assert refused.status_code == 422
    assert "At most 3 updates go out in seven days. The next one may go on" in text_of(refused)
    early = as_owner.post(page("update_schedule", letter, update.pk), {"at": in_days(6)})
    assert early.status_code == 422
    assert as_owner.post(page("update_schedule", letter, update.pk), {"at": in_days(8)}).status_code == 303


def test_progress_is_sums_alone(as_owner, letter, owner):
    follow(letter, 5)
    update = post_update(letter)
    updates.try_out(update, by=owner)
    mails = list(update.deliveries.filter(kind=Delivery.Kind.UPDATE))
    now = timezone.now()
    done = {"finished_at": now, "body_started_at": now}
    for mail, state in zip(mails, ("accepted", "accepted", "refused", "unknown"), strict=False):
        values = done | {"finished_at": None} if state == "unknown" else done
        Delivery.objects.filter(pk=mail.pk).update(state=state, **values)

    shown = text_of(as_owner.get(page("update", letter, update.pk)))

    for words in ("2 of 5 sent", "1 on their way", "1 refused by", "1 unknown:"):
        assert words in shown
    assert "2 of 5 mails sent" in text_of(as_owner.get(page("updates", letter)))


@pytest.mark.parametrize("number", [1, 3])
def test_list_needs_the_same_queries_for_one_and_for_three(
    as_owner, letter, owner, number, django_assert_num_queries
):
    for index in range(number):
        post_update(letter, title=f"News {index}")
        updates.write(letter, title=f"Draft {index}", text="Text.", by=owner)
    as_owner.get(page("updates", letter))
    with django_assert_num_queries(8):
        assert as_owner.get(page("updates", letter)).status_code == 200


def test_a_draft_is_discarded_after_a_question(as_owner, letter, update):
    path = page("update_discard", letter, update.pk)
    assert "Discard the draft?" in text_of(as_owner.get(path))
    assert letter.updates.exists()
    assert "Discarded. Nobody was told." in text_of(as_owner.post(path, follow=True))
    assert not letter.updates.exists()
    assert as_owner.get(path).status_code == 404


def test_a_test_mail_goes_to_oneself(as_owner, owner, letter, update):
    answer = as_owner.post(page("update_try", letter, update.pk), follow=True)
    assert f"A test mail is on its way to {owner.email}." in text_of(answer)
    assert Delivery.objects.get().user == owner


def test_an_update_that_waits_is_not_called_on_its_way(as_owner, owner, letter, update):
    follow(letter, 3)
    pauses.pause(letter, by=owner)

    asked = text_of(as_owner.get(page("update_post", letter, update.pk)))
    tried = text_of(as_owner.post(page("update_try", letter, update.pk), follow=True))
    posting = {"revision": update.revision}
    posted = text_of(as_owner.post(page("update_post", letter, update.pk), posting, follow=True))

    assert "Until then they wait." in asked
    assert f"A test mail to {owner.email} waits: mails are paused." in tried
    assert "Posted. The mails to 3 followers wait: mails are paused." in posted
