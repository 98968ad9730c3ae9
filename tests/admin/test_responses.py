from __future__ import annotations

import pytest

from petitions.models import Demand, Letter
from tests.admin.posts import page
from tests.factories import make_letter


def words(letter: Letter, **changes: object) -> dict[str, object]:
    return {"recipient": letter.recipients.first().pk, "text": "We will look into it."} | changes


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
