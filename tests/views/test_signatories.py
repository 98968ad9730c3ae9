"""The names on a letter's page and in its list: who stands above, who first, and where each works."""

from __future__ import annotations

import re

import pytest

from petitions.flows import batches, reviews, signatures
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import Shown
from petitions.models import Appear, Signature
from tests.factories import make_letter, make_workplace, sign, signature_of
from tests.views import signing

pytestmark = pytest.mark.django_db

FIGURES = ["Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"]


def shown(client, letter, rest: str = "") -> str:
    answer = client.get(f"/letters/{letter.slug}/{rest}")
    assert answer.status_code == 200
    return answer.content.decode()


def lines(text: str) -> list[str]:
    return [" ".join(re.findall(r"<bdi[^>]*>(.*?)</bdi>", found)) for found in re.findall(LINE, text, re.S)]


LINE = r'<p class="signature-line">(.*?)</p>'


def sign_in_turn(letter, number: int) -> None:
    """Person Zero Zero signs first."""
    for n in range(number):
        sign(letter, f"Person {FIGURES[n // 10]} {FIGURES[n % 10]}")


def pin(letter, receipt: str) -> None:
    signature = signature_of(receipt)
    by = letter.memberships.get().user
    assert reviews.pin(signature, seen=signature.words_digest, is_pinned=True, by=by)


def test_a_short_list_stands_whole_latest_first(client):
    letter = make_letter()
    sign_in_turn(letter, 25)

    text = shown(client, letter)

    assert lines(text)[0] == "Person Two Four"
    assert len(lines(text)) == 25
    assert "First to sign" not in text


def test_a_long_list_shows_who_came_first_and_who_came_last(client):
    letter = make_letter()
    sign_in_turn(letter, 40)

    text = shown(client, letter)

    assert lines(text)[:5] == [f"Person Zero {figure}" for figure in FIGURES[:5]]
    assert lines(text)[5] == "Person Three Nine"
    assert len(lines(text)) == 25
    assert "See and search all 40 names" in text


def test_a_pinned_name_stands_above_the_others_and_once(client):
    letter = make_letter()
    receipt = sign(letter, "Grace Hopper", role="Rear admiral")
    sign_in_turn(letter, 30)

    pin(letter, receipt)

    assert lines(shown(client, letter))[0] == "Grace Hopper Rear admiral"
    assert lines(shown(client, letter)).count("Grace Hopper Rear admiral") == 1


def test_words_that_change_are_looked_at_again_before_they_stand_above(client):
    """An organizer has put a line there, not whatever its signer makes of it."""
    letter = make_letter()
    receipt = sign(letter, "Grace Hopper")
    pin(letter, receipt)

    by_receipt.change(receipt, Shown(Appear.FULL, "The Board", "", ""))

    assert not Signature.objects.get(name="The Board").is_pinned


@pytest.mark.parametrize("number", [3, 40])
def test_a_letter_needs_the_same_queries_for_any_number_of_names(
    client, number, django_assert_max_num_queries
):
    letter = make_letter()
    sign_in_turn(letter, number)

    with django_assert_max_num_queries(24):
        shown(client, letter)


def test_a_letter_of_one_workplace_keeps_and_shows_no_workplace(client, mails):
    letter = make_letter()

    signing.sign(client, letter, mails)

    assert signature_of_ada().workplace is None
    assert "stands beside your line" not in shown(client, letter, "sign/")


def letter_of_two(**fields):
    letter = make_letter(**fields)
    works, mills = letter.workplaces.get(), make_workplace("mills.test", name="Example Mills")
    letter.workplaces.add(mills)
    return letter, works, mills


def signature_of_ada() -> Signature:
    return Signature.objects.get(name="Ada Lovelace")


def test_where_several_sign_a_named_line_says_where_and_the_signer_is_told_before(client, mails):
    letter, _works, mills = letter_of_two()
    assert "so the name of yours stands beside your line" in shown(client, letter, "sign/")

    signing.ask(client, letter, "ada@mills.test")
    assert "<bdi>Example Mills</bdi>" in shown(client, letter, "code/")
    signing.type_code(client, letter, mails.code("ada@mills.test"))

    assert signature_of_ada().workplace == mills
    assert "Example Mills" in shown(client, letter, "signatures/")


def test_an_anonymous_signature_says_no_workplace_where_several_sign(client, mails):
    letter, _works, _mills = letter_of_two(batch_size=5)

    signing.ask(client, letter, "ada@mills.test", appear="anonymous", name="")
    assert "<bdi>Example Mills</bdi>" not in shown(client, letter, "code/")
    client.post(f"/letters/{letter.slug}/code/", {"code": mails.code("ada@mills.test"), "kind": "by_policy"})
    for _ in range(4):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)

    assert letter.signatures.filter(workplace=None).count() == 5


def test_the_list_can_be_narrowed_to_a_workplace(client, mails):
    letter, works, mills = letter_of_two()
    signing.sign(client, letter, mails, "ada@mills.test")
    sign(letter, "Grace Hopper")

    there = shown(client, letter, f"signatures/?workplace={mills.pk}")
    elsewhere = shown(client, letter, f"signatures/?workplace={works.pk}")

    assert lines(there) == ["Ada Lovelace"]
    assert "1 name from" in there
    assert lines(elsewhere) == []


@pytest.mark.parametrize("typed", ["", "0", "x", "999999999999999999999", "\x00", "①"])
def test_a_workplace_that_is_none_of_the_letters_narrows_nothing(client, typed):
    letter, _works, _mills = letter_of_two()
    sign(letter, "Grace Hopper")

    answer = client.get(f"/letters/{letter.slug}/signatures/", {"workplace": typed})

    assert lines(answer.content.decode()) == ["Grace Hopper"]


def test_hiding_a_name_erases_its_workplace_and_its_place(client, mails):
    letter, _works, _mills = letter_of_two()
    signing.sign(client, letter, mails, "ada@mills.test")
    signature = signature_of_ada()
    reviews.pin(signature, seen=signature.words_digest, is_pinned=True, by=letter.memberships.get().user)

    signatures.hide(signature)

    kept = letter.signatures.get()
    assert (kept.name, kept.workplace, kept.is_pinned) == ("", None, False)
