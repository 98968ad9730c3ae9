from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from petitions.models import Demand, Letter
from tests.admin.posts import page
from tests.factories import make_letter


def words(letter: Letter, **changes: object) -> dict[str, object]:
    """As posted today, of an answer that came by mail."""
    today = timezone.localdate().isoformat()
    came = {"way": "mail", "came_on": today}
    return {"recipient": letter.recipients.first().pk, "text": "We will look into it."} | came | changes


def test_answer_to_a_demand_sets_its_status_once(as_owner, letter):
    demand = letter.demands.first()
    data = words(letter, demand=demand.pk, status=Demand.Status.PARTLY)
    assert as_owner.post(page("responses", letter), data).status_code == 303
    assert as_owner.post(page("responses", letter), data).status_code == 422
    demand.refresh_from_db()
    assert demand.status == Demand.Status.PARTLY
    assert letter.responses.get().demand == demand


def test_answer_to_the_whole_letter_sets_no_status(as_owner, letter):
    assert as_owner.post(page("responses", letter), words(letter)).status_code == 303
    assert letter.responses.get().demand is None
    assert set(letter.demands.values_list("status", flat=True)) == {Demand.Status.UNANSWERED}


def test_status_needs_a_demand(as_owner, letter):
    answer = as_owner.post(page("responses", letter), words(letter, status=Demand.Status.REFUSED))
    assert answer.status_code == 422
    assert "Please say which demand this is about." in answer.content.decode()
    assert "We will look into it." in answer.content.decode()


@pytest.mark.parametrize("field", ["recipient", "demand"])
def test_recipient_and_demand_belong_to_the_letter(as_owner, letter, field):
    other = make_letter()
    foreign = {"recipient": other.recipients.first().pk, "demand": other.demands.first().pk}[field]
    assert as_owner.post(page("responses", letter), words(letter, **{field: foreign})).status_code == 422
    assert not letter.responses.exists()


def test_an_answer_says_how_and_when_it_came(as_owner, client, letter):
    opened = datetime(2026, 1, 5, 9, tzinfo=UTC)
    Letter.objects.filter(pk=letter.pk).update(opened_at=opened, opens_at=opened)
    assert as_owner.post(page("responses", letter), words(letter, way="")).status_code == 422
    for day in ("2026-01-04", (timezone.localdate() + timedelta(days=1)).isoformat(), "yesterday"):
        assert as_owner.post(page("responses", letter), words(letter, came_on=day)).status_code == 422
    as_owner.post(page("responses", letter), words(letter, way="person", came_on="2026-02-03"))

    response = letter.responses.get()
    assert (response.way, response.responded_at.date().isoformat()) == ("person", "2026-02-03")
    said = " ".join(client.get(letter.get_absolute_url()).content.decode().split())
    assert "answered on Feb. 3, 2026" in said
    assert "It came in person or by telephone and was recorded by the organizers." in said
    assert "came in person or by telephone, recorded here" in " ".join(
        as_owner.get(page("responses", letter)).content.decode().split()
    )


def test_draft_has_no_answers(as_owner, draft):
    as_owner.post(page("responses", draft), words(draft))
    assert not draft.responses.exists()


def test_what_recipients_published_is_told_apart_from_what_was_recorded(as_owner, letter):
    recipient = letter.recipients.first()
    publication = letter.publications.create(recipient=recipient, sha256="0" * 64)
    letter.responses.create(recipient=recipient, status="refused", publication=publication)
    letter.responses.create(recipient=recipient, text="By telephone.")

    said = " ".join(as_owner.get(page("responses", letter)).content.decode().split())

    assert "to the whole letter – refused (published by the recipient)" in said
    assert "to the whole letter (recorded here)" in said


INSULT = "You are all idiots."


def test_words_are_hidden_with_a_reason_that_everybody_reads_and_shown_again(as_owner, client, letter):
    demand, recipient = letter.demands.first(), letter.recipients.first()
    publication = letter.publications.create(recipient=recipient, sha256="0" * 64)
    answer = publication.responses.create(
        letter=letter, recipient=recipient, demand=demand, status="refused", text=INSULT
    )
    public = [
        f"/letters/{letter.slug}/",
        f"/letters/{letter.slug}/feed.atom",
        f"/api/v1/letters/{letter.slug}/",
    ]

    assert INSULT in as_owner.get(page("response_hide", letter, answer.pk)).content.decode()
    assert as_owner.post(page("response_hide", letter, answer.pk), {}).status_code == 422
    for address in public:
        assert INSULT in client.get(address).content.decode()
    assert as_owner.post(page("response_hide", letter, answer.pk), {"reason": "abuse"}).status_code == 303
    assert all(INSULT not in client.get(address).content.decode() for address in public)
    assert "organizers have hidden the words" in client.get(public[1]).content.decode()
    shown = " ".join(client.get(public[0]).content.decode().split())
    assert (
        "The organizers have hidden the words of this answer. Their reason: it insults or threatens" in shown
    )
    assert '<p class="status is-refused">Refused</p>' in shown
    again = as_owner.post(page("response_hide", letter, answer.pk), {"reason": "privacy"}, follow=True)
    assert "they are hidden already" in again.content.decode()

    assert as_owner.post(page("response_show", letter, answer.pk)).status_code == 303
    assert as_owner.post(page("response_show", letter, answer.pk)).status_code == 303  # changes nothing
    assert all(INSULT in client.get(address).content.decode() for address in public)
    told = letter.events.filter(verb__startswith="response_").order_by("pk")
    assert list(told.values_list("verb", "object_id")) == [
        ("response_hidden", str(answer.pk)),
        ("response_shown", str(answer.pk)),
    ]


def test_a_reviewer_hides_no_answer_and_a_decision_without_words_has_nothing_to_hide(
    as_owner, letter, member
):
    answer = letter.responses.create(recipient=letter.recipients.first(), status="declined")
    assert member(letter, "reviewer").get(page("response_hide", letter, answer.pk)).status_code == 403
    refused = as_owner.post(page("response_hide", letter, answer.pk), {"reason": "abuse"}, follow=True)
    assert "There are no words to hide" in refused.content.decode()
    assert not letter.responses.exclude(hidden_for="").exists()
