from __future__ import annotations

import pytest

from petitions.flows import takedowns
from petitions.models import Takedown
from tests.admin.posts import page
from tests.factories import sign, signature_of


@pytest.fixture
def takedown(letter) -> Takedown:
    takedowns.ask(signature_of(sign(letter, "Ada Lovelace")), reason="This is not me.")
    return Takedown.objects.get()


@pytest.mark.parametrize(("decision", "kept"), [("hide", ""), ("keep", "Ada Lovelace")])
def test_name_is_hidden_or_kept(letter, takedown, member, decision, kept):
    client = member(letter, "reviewer")
    listed = client.get(page("takedowns", letter)).content.decode()
    assert "Ada Lovelace" in listed
    assert "This is not me." in listed
    assert (
        client.post(page("takedown_decide", letter, takedown.pk), {"decision": decision}).status_code == 303
    )
    takedown.refresh_from_db()
    assert takedown.signature.name == kept
    assert takedown.reason == ""
    assert letter.signatures.counted().count() == 1
    assert "Ada Lovelace" not in client.get(page("takedowns", letter)).content.decode()


@pytest.mark.parametrize("decision", ["", "delete"])
def test_decision_has_to_be_one(as_owner, letter, takedown, decision):
    answer = as_owner.post(page("takedown_decide", letter, takedown.pk), {"decision": decision}, follow=True)
    assert "Please choose: hide the name, or keep it." in answer.content.decode()
    takedown.refresh_from_db()
    assert takedown.decided_at is None


def test_decided_request_stays_decided(as_owner, letter, takedown):
    as_owner.post(page("takedown_decide", letter, takedown.pk), {"decision": "keep"})
    answer = as_owner.post(page("takedown_decide", letter, takedown.pk), {"decision": "hide"}, follow=True)
    assert "Somebody decided this before." in answer.content.decode()
    takedown.refresh_from_db()
    assert takedown.signature.name == "Ada Lovelace"


def test_looking_decides_nothing(as_owner, letter, takedown):
    assert as_owner.get(page("takedown_decide", letter, takedown.pk)).status_code == 405
