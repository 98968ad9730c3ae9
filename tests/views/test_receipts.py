from __future__ import annotations

import pytest

from petitions import counts
from petitions.crypto import typed
from petitions.flows import invalidations, letters
from petitions.models import Appear, Condition, Signature
from tests.factories import make_letter, sign, signature_of

pytestmark = pytest.mark.django_db


def act(client, receipt, act="", **fields):
    return client.post("/receipt/", {"receipt": receipt, "act": act} | fields)


@pytest.mark.parametrize("spelled", [typed.grouped, str.lower, lambda receipt: f" {receipt} "])
def test_a_receipt_shows_its_signature_however_it_is_typed(client, spelled):
    receipt = sign(make_letter(), "Ada Lovelace")

    answer = act(client, spelled(receipt))

    assert answer.status_code == 200
    assert "Ada Lovelace" in answer.content.decode()


@pytest.mark.parametrize("typed_receipt", ["", "nonsense", "2" * 28, "2" * 5000, "\x00"])
def test_what_is_no_receipt_is_refused_with_a_sentence(client, typed_receipt):
    answer = act(client, typed_receipt, "withdraw")

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_withdrawing_by_receipt(client):
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")

    answer = act(client, receipt, "withdraw")

    assert "no longer counts" in answer.content.decode()
    assert (counts.recount(letter).total, Signature.objects.get().name) == (0, "")


def test_changing_and_hiding_by_receipt(client):
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")

    act(client, receipt, "change", appear="initial", name="Ada Lovelace", role="Engineer")
    assert signature_of(receipt).public_line == "Ada L., Engineer"

    act(client, receipt, "change", appear="anonymous")
    assert (signature_of(receipt).kind, counts.recount(letter).total) == ("by_policy", 1)


def test_a_refused_change_keeps_what_was_typed(client):
    receipt = sign(make_letter(), "Ada Lovelace")

    answer = act(client, receipt, "change", appear="full", name="www.example.test", role="Engineer")

    assert answer.status_code == 422
    assert 'value="Engineer"' in answer.content.decode()
    assert signature_of(receipt).name == "Ada Lovelace"


def test_a_closed_letter_lets_names_go_but_not_come(client):
    letter = make_letter()
    named, hidden = sign(letter, "Ada Lovelace"), sign(letter, appear=Appear.ANONYMOUS)
    letters.close(letter)

    assert act(client, hidden, "change", appear="full", name="Grace Hopper").status_code == 409
    assert act(client, named, "withdraw").status_code == 200
    assert counts.recount(letter).total == 1


def test_what_was_declared_invalid_says_why_and_no_receipt_makes_it_count(client):
    letter = make_letter()
    receipt, by = sign(letter, "Ada Lovelace"), letter.memberships.get().user
    begun = invalidations.begin(letter, Condition(words="ada"), number=1, expected=1, reason="Copied", by=by)
    invalidations.work(begun)

    assert "declared this signature invalid, with others: Copied" in act(client, receipt).content.decode()
    act(client, receipt, "change", appear="anonymous")
    shown = act(client, receipt, "change", appear="full", name="Ada Lovelace")
    act(client, receipt, "withdraw")
    again = act(client, receipt, "return", appear="full", name="Ada Lovelace")

    for refused in (shown, again):
        assert refused.status_code == 409
        assert "It cannot count while that stands." in refused.content.decode()
    assert counts.recount(letter).total == 0


def test_opening_the_page_changes_nothing(client):
    receipt = sign(make_letter(), "Ada Lovelace")

    client.get("/receipt/", {"receipt": receipt, "act": "withdraw"})
    client.head("/receipt/", {"receipt": receipt, "act": "withdraw"})

    assert signature_of(receipt).name == "Ada Lovelace"


def test_what_anonymous_means_is_said_for_each_way_and_for_a_name_that_is_taken_away(client):
    """A token is made by whoever signs; nobody who takes a name away is promised one."""
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    signing = " ".join(client.get(f"/letters/{letter.slug}/sign/").content.decode().split())
    changing = " ".join(act(client, receipt).content.decode().split())

    assert "It stores no link between them. But it could have kept one" in signing
    assert "your mailbox or invitation in its hands together, so it has no link to keep" in signing
    assert "promises that it kept no link" in changing
    assert "makes a token" not in changing
