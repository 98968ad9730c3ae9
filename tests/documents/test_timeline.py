from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from petitions.documents import timeline
from petitions.flows import deliveries, letters, milestones, responses, sending, snapshots
from petitions.models import Delivery, Letter
from tests.factories import make_draft, make_letter, make_user, post_update, sign

pytestmark = [pytest.mark.django_db, pytest.mark.on("sqlite")]  # made of rows, whoever holds them


def happened(times: int = 1) -> Letter:
    """A letter of which everything has come, some of it so many times."""
    letter, by = make_letter(milestones=tuple(range(1, times + 1))), make_user()
    for number in range(times):
        sign(letter, f"Ada Lovelace {'I' * (number + 1)}")
    milestones.check(letter)
    for number in range(times):
        letter.text = f"Text number {number}"
        letter.save()
        letters.correct(letter, by=by)
        post_update(letter, title=f"News {number}", text="They *listened*.")
    letters.close(letter)
    for _ in range(times):
        deliver(letter)
    for recipient in list(letter.recipients.all())[: times if times < 3 else 2]:
        responses.record(letter, recipient=recipient, demand=None, status="", text="We *read* it.", by=by)
    return letter


def ask_for_delivery(letter: Letter) -> None:
    deliveries.deliver(letter, number=letter.snapshots.count() + 1, by=letter.memberships.get().user)
    snapshots.freeze_due()


def deliver(letter: Letter) -> None:
    ask_for_delivery(letter)
    for pk in list(
        Delivery.objects.letters().filter(state=Delivery.State.QUEUED).values_list("pk", flat=True)
    ):
        sending.send(pk)


def test_everything_that_happened_is_told_newest_first():
    letter = happened()

    events = timeline.of(letter)

    assert [event.kind for event in events] == [
        "answer",
        "delivered",
        "closed",
        "update",
        "version",
        "milestone",
        "opened",
    ]
    assert [event.title for event in events] == [
        "Answer from Erin Chief, Chief executive",
        "Delivered with 1 signature",
        "Closed for signatures",
        "News 0",
        "Corrected: version 2",
        "Milestone of 1 signature reached",
        "Published, open for signatures",
    ]


@pytest.mark.parametrize("times", [1, 3])
def test_six_queries_are_enough(times, django_assert_num_queries):
    letter = happened(times)

    with django_assert_num_queries(6):
        events = timeline.of(letter)

    assert sum(event.kind == "milestone" for event in events) == times
    assert sum(event.kind == "delivered" for event in events) == times


def test_every_event_has_a_name_of_its_own_that_stays():
    letter = happened(3)
    before = [event.id for event in timeline.of(letter)]
    letter.updates.create(title="Later", text="Still there.")

    after = [event.id for event in timeline.of(letter)]

    assert len(set(after)) == len(after) == len(before) + 1
    assert [name for name in before if name not in after] == []
    assert before[-1] == f"tag:testserver,{timezone.localdate(letter.opened_at)}:{letter.slug}/opened"


def test_a_milestone_says_how_many_were_counted():
    letter = make_letter(milestones=(2,))
    for name in ("Ada Lovelace", "Grace Hopper", "Joan Clarke"):
        sign(letter, name)
    letter.milestones.update(reached_at=None, count_seen=None)
    milestones.check(letter)

    reached = timeline.of(letter)[0]

    assert (reached.title, reached.html) == (
        "Milestone of 2 signatures reached",
        "<p>3 when it was counted.</p>",
    )


def test_what_one_recipient_answered_on_a_day_is_one_event():
    letter, by = make_letter(), make_user()
    recipient, other = letter.recipients.all()
    for demand in (None, *letter.demands.all()):
        responses.record(letter, recipient=recipient, demand=demand, status="", text="No, *never*.", by=by)
    responses.record(letter, recipient=other, demand=None, status="", text="Yes.", by=by)

    answers = [event for event in timeline.of(letter) if event.kind == "answer"]

    assert [event.title for event in answers] == [
        "Answer from Pat Person, People",
        "Answer from Erin Chief, Chief executive",
    ]
    assert answers[1].html.count("No, <em>never</em>.") == 3
    assert "<h4>1. Publish the rota two weeks ahead</h4>" in answers[1].html


def test_what_has_not_left_is_not_told():
    letter = make_letter()
    letters.close(letter)
    ask_for_delivery(letter)

    assert [event.kind for event in timeline.of(letter)] == ["closed", "opened"]


def test_a_draft_has_no_events():
    assert timeline.of(make_draft()) == []


def test_a_letter_that_opens_later_says_when():
    opens = timezone.now() + timedelta(days=9)

    events = timeline.of(make_letter(opens_at=opens))

    assert [event.title for event in events] == [f"Published, to be signed from {date_format(opens)} on"]


def test_the_page_tells_the_day_and_never_the_minute(client):
    letter = happened()
    for event in timeline.of(letter):
        assert f'id="{event.anchor}"' in client.get(letter.get_absolute_url()).content.decode()

    text = client.get(letter.get_absolute_url()).content.decode()

    moments = [event.moment for event in timeline.of(letter)]
    assert [moment for moment in moments if f"{moment:%H:%M}" in text] == []


def test_no_name_of_an_event_is_used_twice_on_the_page(client):
    letter = happened(2)

    text = client.get(letter.get_absolute_url()).content.decode()

    assert [event.anchor for event in timeline.of(letter) if text.count(f'id="{event.anchor}"') != 1] == []


def test_hostile_words_of_organizers_stay_words(client):
    letter = make_letter()
    post_update(letter, title="<script>alert(1)</script>", text="<img src=x onerror=alert(1)>")

    text = client.get(letter.get_absolute_url()).content.decode()

    assert ("<script>alert" in text, "<img" in text) == (False, False)
