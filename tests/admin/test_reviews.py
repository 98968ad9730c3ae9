"""The queue: what waits for a look, decided many at a time; and lines that organizers hide."""

from __future__ import annotations

import re

import pytest

from petitions.flows import receipts, reviews, signatures
from petitions.flows.signatures import Shown
from petitions.models import Appear, AuditEvent, Signature
from tests.admin.posts import delivering, page
from tests.factories import sign, signature_of

LOOKALIKE = "\u0410da Byron"  # a Cyrillic letter among Latin ones
TICK = re.compile(r'name="tick" value="([\w.-]+)"')


def queue(client, letter) -> str:
    answer = client.get(page("review", letter))
    assert answer.status_code == 200
    return answer.content.decode()


def ticks(client, letter) -> list[str]:
    return TICK.findall(queue(client, letter))


def decide(client, letter, act: str, tick: list[str]) -> str:
    answer = client.post(page("review", letter), {"act": act, "tick": tick}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ["owner", "editor", "reviewer"])
def test_names_roles_and_statements_wait_in_one_queue_and_are_shown_together(letter, member, as_owner, role):
    client = as_owner if role == "owner" else member(letter, role)
    sign(letter, LOOKALIKE)
    sign(letter, "Grace Hopper", statement="Look at https://example.org/rota")
    sign(letter, "Erin Chief", role="CEO", statement="In jest.")
    sign(letter, "Ada Lovelace", role="Engineer")
    waiting = queue(client, letter)

    assert (
        waiting.index("Byron") < waiting.index("Hopper") < waiting.index("Erin Chief")
    )  # as the list has it
    assert "Ada Lovelace" not in waiting
    for flag in ("several alphabets", "Holds a link", "Looks official", "A recipient of this letter"):
        assert waiting.count(flag) == 1
    found = ticks(client, letter)
    assert [tick.partition(".")[0] for tick in found] == ["line", "statement", "line", "statement"]
    assert "4 are shown now." in decide(client, letter, "show", found)

    assert {row.public_name for row in Signature.objects.all()} == {
        LOOKALIKE,
        "Grace Hopper",
        "Erin Chief",
        "Ada Lovelace",
    }
    assert Signature.objects.get(name="Erin Chief").public_statement == "In jest."
    assert "Nothing waits for a look." in queue(client, letter)
    verbs = AuditEvent.objects.filter(letter=letter).order_by("pk").values_list("verb", "object_id")
    assert list(verbs)[-4:] == [
        ("name_approved", ""),
        ("statement_shown", ""),
        ("name_approved", ""),
        ("statement_shown", ""),
    ]


def test_what_changed_after_it_was_read_is_left_and_said(as_owner, letter):
    receipt = sign(letter, LOOKALIKE, statement="Nights are long.")
    sign(letter, "Grace Hopper", statement="Days too.")
    gone = sign(letter, "Erin Chief")
    read = ticks(as_owner, letter)
    receipts.change(receipt, Shown(Appear.FULL, LOOKALIKE, "", "Something nobody read."))
    receipts.withdraw(gone)

    told = decide(as_owner, letter, "show", read)

    assert "1 is shown now." in told
    assert "3 were left as they are" in told
    assert [row.public_statement for row in Signature.objects.named().first_first()] == ["", "Days too."]
    assert signature_of(receipt).public_name == "name under review"


def test_statements_are_left_out_and_wait_no_more(as_owner, letter):
    receipt = sign(letter, LOOKALIKE, statement="Nights are long.")
    told = decide(as_owner, letter, "leave", ticks(as_owner, letter))
    assert "1 statement stays out of the list." in told
    assert "1 was left as it is" in told  # a name cannot be left out: it is shown, or hidden
    assert [tick.partition(".")[0] for tick in ticks(as_owner, letter)] == ["line"]
    assert not signature_of(receipt).shows_statement

    receipts.change(receipt, Shown(Appear.FULL, LOOKALIKE, "", "Nights are longer."))
    assert len(ticks(as_owner, letter)) == 2  # new words are looked at anew


@pytest.mark.parametrize(
    "posted", [{}, {"act": "show"}, {"act": "show", "tick": "x"}, {"act": "burn", "tick": "line.x.y"}]
)
def test_what_no_page_posts_is_refused(as_owner, letter, posted):
    signature = signature_of(sign(letter, LOOKALIKE))
    assert as_owner.post(page("review", letter), posted).status_code == 422
    signature.refresh_from_db()
    assert signature.is_under_review


def test_looking_decides_nothing(as_owner, letter):
    sign(letter, LOOKALIKE)
    found = ticks(as_owner, letter)
    as_owner.get(page("review", letter), {"act": "show", "tick": found})
    as_owner.get(page("hide", letter), {"reason": "asked", "sure": "yes", "tick": found})
    assert ticks(as_owner, letter) == found


def test_approving_remakes_a_picture_that_nobody_has(as_owner, letter):
    sign(letter, LOOKALIKE)
    as_owner.post(page("deliver", letter), delivering(letter, 1, while_open="on"))
    snapshot = letter.snapshots.get()
    snapshot.freeze(count={"total": 1}, names=["name under review"], papers=[], sha256="old")
    decide(as_owner, letter, "show", ticks(as_owner, letter))
    snapshot.refresh_from_db()
    assert not snapshot.is_frozen


@pytest.mark.parametrize("number", [1, 3])
def test_queue_and_list_need_few_queries(as_owner, letter, django_assert_max_num_queries, number):
    for _ in range(number):
        sign(letter, LOOKALIKE, role="CEO", statement="Nights are long.")
    for name in ("review", "signatures"):
        with django_assert_max_num_queries(9):
            as_owner.get(page(name, letter))


def test_a_line_is_hidden_after_asking_and_only_its_signer_brings_it_back(as_owner, letter):
    receipt = sign(letter, "Ada Lovelace", role="Engineer")
    sign(letter, "Grace Hopper")
    asked = as_owner.get(page("hide", letter), {"line": str(signature_of(receipt).pk)}).content.decode()
    assert "Ada Lovelace" in asked
    assert "Only the signer can" in asked
    tick = TICK.findall(asked)

    refused = as_owner.post(page("hide", letter), {"tick": tick, "sure": "yes"})
    assert (refused.status_code, "Please choose why." in refused.content.decode()) == (422, True)
    assert signature_of(receipt).public_name == "Ada Lovelace"
    posted = {"tick": tick, "sure": "yes", "reason": "not_theirs"}
    answer = as_owner.post(page("hide", letter), posted, follow=True)

    assert "1 line is hidden. The signature goes on counting." in answer.content.decode()
    hidden = signature_of(receipt)
    assert (hidden.kind, hidden.name, hidden.role, letter.signatures.all().tally().total) == (
        "by_policy",
        "",
        "",
        2,
    )
    event = AuditEvent.objects.get(verb="line_hidden")
    assert event.object_id == "not_theirs"
    receipts.change(receipt, Shown(Appear.FULL, "Ada Lovelace"))
    assert signature_of(receipt).public_name == "Ada Lovelace"


def test_ticked_lines_are_hidden_together_each_as_it_was_read(as_owner, letter):
    kept = sign(letter, LOOKALIKE)
    sign(letter, "Erin Chief")
    asked = as_owner.post(page("hide", letter), {"tick": ticks(as_owner, letter)})
    assert asked.status_code == 200
    receipts.change(kept, Shown(Appear.FULL, "Ada Byron"))

    posted = {"tick": TICK.findall(asked.content.decode()), "sure": "yes", "reason": "insult"}
    answer = as_owner.post(page("hide", letter), posted, follow=True).content.decode()

    assert "1 line is hidden." in answer
    assert "1 was left as it is" in answer
    assert [row.name for row in Signature.objects.named()] == ["Ada Byron"]
    assert (
        "Please tick at least one line." in as_owner.post(page("hide", letter), follow=True).content.decode()
    )


def test_words_that_changed_are_not_hidden(letter, owner):
    receipt = sign(letter, "Ada Lovelace")
    read = signature_of(receipt)
    seen = read.words_digest
    receipts.change(receipt, Shown(Appear.FULL, "Ada King"))
    assert not reviews.hide(read, seen=seen, reason="asked", by=owner)
    assert signature_of(receipt).name == "Ada King"
    signatures.hide(signature_of(receipt))
    assert not reviews.hide(read, seen=seen, reason="asked", by=owner)
