"""The bundle holds what a recount needs, of one moment, and nothing else."""

from __future__ import annotations

import json
import re

import pytest

from petitions.api import bundles
from petitions.crypto import tokens, typed
from petitions.documents.canonical import sha256_hex
from petitions.flows import batches, deliveries, letters, snapshots
from petitions.flows import receipts as by_receipt
from petitions.models import Appear, Letter, PublicKey, Signature, Snapshot
from petitions.models.letters import random_slug
from tests.factories import make_draft, make_letter, sign, sign_sealed, signature_of

pytestmark = pytest.mark.django_db


def address(letter):
    return f"/api/v1/letters/{letter.slug}/bundle/"


def text_of(client, letter):
    answer = client.get(address(letter))
    assert (answer.status_code, answer.streaming) == (200, True)
    return b"".join(answer.streaming_content).decode()


def bundle_of(client, letter):
    return json.loads(text_of(client, letter))


def deliver(letter, number=1, *, is_out=True):
    deliveries.deliver(letter, number=number, by=letter.memberships.get().user)
    snapshots.freeze_due()
    if is_out:
        Snapshot.objects.filter(number=number).update(first_body_at="2026-01-01T00:00Z")


@pytest.fixture
def letter():
    """Named, by policy, sealed, waiting and withdrawn."""
    letter = make_letter(batch_size=5)
    sign(letter, "Zoë Last", role="Engineer", statement="A statement")
    sign(letter, "Ada Lovelace")
    sign(letter, "Аda Hidden", role="Chief of nothing")  # a Cyrillic first letter: under review
    by_receipt.withdraw(sign(letter, "Grace Hopper"))
    sign(letter, appear=Appear.ANONYMOUS)
    for _ in range(4):
        sign_sealed(letter)
    gone = sign_sealed(letter)
    batches.publish_full(letter)
    by_receipt.withdraw(gone)
    sign_sealed(letter)  # waits
    return letter


def test_it_holds_what_a_verifier_needs_and_nothing_else(client, letter):
    deliver(letter)
    key, version, snapshot = letter.public_keys.get(), letter.version, letter.snapshots.get()
    published = letter.signatures.filter(kind="sealed", state="published").order_by("receipt_hash")

    assert bundle_of(client, letter) == {
        "format": "undersigned1-bundle",
        "letter": letter.slug,
        "sealed": [
            {
                "number": bytes(row.receipt_hash).hex(),
                "version": version.sha256,
                "key_id": key.key_id,
                "signature": tokens.to_text(bytes(row.token_signature)),
            }
            for row in published
        ],
        "named": ["Ada Lovelace", "Zoë Last, Engineer", "name under review"],
        "count": {
            "total": 8,
            "named": 3,
            "anonymous": {"sealed": 4, "by_policy": 1},
            "by_proof": {"mailbox": 8},
        },
        "versions": [
            {
                "number": 1,
                "sha256": sha256_hex(
                    {"title": version.title, "text": version.text, "demands": version.demands}
                ),
                "title": version.title,
                "text": version.text,
                "demands": version.demands,
            }
        ],
        "public_keys": [
            {"proof": "mailbox", "key_id": key.key_id, "spki": tokens.to_text(bytes(key.spki)), "issued": 5}
        ],
        "snapshots": [
            {
                "number": 1,
                "reason": "delivery",
                "version": version.sha256,
                "count": letter.signatures.all().tally().as_json(),
                "sha256": snapshot.sha256,
                "is_todays_list": True,
            }
        ],
    }


def test_it_tells_no_row_no_mark_no_day_and_nothing_that_is_hidden(client, letter):
    deliver(letter)

    text = text_of(client, letter)

    marks = [value for mark in letter.marks.all() for value in (mark.value, mark.blinded_hash) if value]
    unpublished = [*letter.signatures.exclude(kind="sealed", state="published"), *letter.waiting.all()]
    hidden = [bytes(value).hex() for value in [*marks, *(row.receipt_hash for row in unpublished)]]
    hidden += [str(pk) for pk in Signature.objects.values_list("pk", flat=True)]
    hidden += ["Grace", "Hidden", "Chief of", "A statement", "example.test", letter.public_id.hex]
    assert [word for word in hidden if word in text] == []
    assert re.search(r"20\d\d-\d\d|\d\d:\d\d", text) is None


def test_a_snapshot_s_own_list_is_never_told(client, letter):
    gone = sign(letter, "Grace Hopper")
    deliver(letter)
    before = bundle_of(client, letter)
    by_receipt.withdraw(gone)

    text = text_of(client, letter)

    assert "Grace Hopper" in letter.snapshots.get().names
    assert "Grace Hopper" not in text
    assert [picture["is_todays_list"] for picture in before["snapshots"]] == [True]
    (picture,) = json.loads(text)["snapshots"]
    assert (picture["is_todays_list"], picture["sha256"]) == (False, letter.snapshots.get().sha256)


def test_a_list_is_not_today_s_when_as_many_others_stand_there(client, letter):
    gone = sign(letter, "Grace Hopper")
    deliver(letter)
    by_receipt.withdraw(gone)
    sign(letter, "Mary Major")

    assert [picture["is_todays_list"] for picture in bundle_of(client, letter)["snapshots"]] == [False]


def test_nothing_is_told_of_a_delivery_before_its_first_mail(client, letter):
    deliver(letter, is_out=False)
    assert bundle_of(client, letter)["snapshots"] == []

    Snapshot.objects.update(first_body_at="2026-01-01T00:00Z")
    assert [picture["number"] for picture in bundle_of(client, letter)["snapshots"]] == [1]


def test_the_closing_snapshot_is_told_once_it_is_frozen(client, letter):
    letters.close(letter)
    assert bundle_of(client, letter)["snapshots"] == []

    snapshots.freeze_due()
    (picture,) = bundle_of(client, letter)["snapshots"]
    assert (picture["reason"], picture["is_todays_list"], picture["count"]["total"]) == ("closing", True, 9)


def test_issued_is_told_as_of_the_last_batch(client):
    letter = make_letter(batch_size=5)
    for _ in range(4):
        sign_sealed(letter)
    assert [key["issued"] for key in bundle_of(client, letter)["public_keys"]] == [0]

    sign_sealed(letter)
    batches.publish_full(letter)
    sign_sealed(letter)
    assert [key["issued"] for key in bundle_of(client, letter)["public_keys"]] == [5]


def test_every_version_that_was_signed_is_there(client):
    letter = make_letter(batch_size=5)
    for _ in range(5):
        sign_sealed(letter)
    letter.text = "Corrected."
    letter.save()
    second = letters.correct(letter, by=letter.memberships.get().user)
    sign_sealed(letter)
    batches.publish_waiting(letter)

    bundle = bundle_of(client, letter)

    assert [version["number"] for version in bundle["versions"]] == [1, 2]
    assert sorted(row["version"] == second.sha256 for row in bundle["sealed"]) == [False] * 5 + [True]


def test_it_is_of_one_moment_whenever_a_batch_is_published(letter):
    """After each piece once: more tokens than issued, or another count than the lists, would look like a fraud."""
    for moment in range(len(list(bundles.pieces(letter)))):
        sign_sealed(letter)
        sign(letter, f"Person {'x' * moment}y")
        told = ""
        for number, piece in enumerate(bundles.pieces(letter)):
            told += piece
            if number == moment:
                batches.publish_waiting(letter)

        bundle = json.loads(told)
        count = bundle["count"]
        assert len(bundle["sealed"]) <= bundle["public_keys"][0]["issued"]
        assert (len(bundle["sealed"]), len(bundle["named"])) == (count["anonymous"]["sealed"], count["named"])


@pytest.mark.parametrize("rows", [1, 2, 3, 200])
def test_it_comes_in_pieces(client, letter, monkeypatch, rows):
    whole = bundle_of(client, letter)
    monkeypatch.setattr(bundles, "ROWS", rows)

    assert bundle_of(client, letter) == whole


def test_everybody_may_read_it_and_keep_it_as_long_as_other_answers(client, letter):
    answer = client.get(address(letter), headers={"Origin": "https://elsewhere.test"})

    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == "public, max-age=3"
    assert dict(answer.cookies) == {}
    assert "Vary" not in answer
    assert client.head(address(letter)).status_code == 200
    assert client.post(address(letter)).status_code == 405


def test_drafts_and_unknown_letters_are_the_same_404(client):
    draft, unknown = make_draft(slug="a-draft"), Letter(slug="unknown")

    answers = [client.get(address(letter)) for letter in (draft, unknown)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert {answer.get("Cache-Control") for answer in answers} == {None}


def test_archived_letters_and_those_by_link_have_one(client):
    by_link, archived = make_letter(slug=random_slug(), is_listed=False), make_letter()
    letters.close(archived)
    Letter.objects.filter(pk=archived.pk).update(state=Letter.State.ARCHIVED)

    answers = [client.get(address(letter)) for letter in (by_link, archived)]

    assert [(answer.status_code, answer.get("X-Robots-Tag")) for answer in answers] == [
        (200, "noindex"),
        (200, None),
    ]


def test_a_letter_without_key_and_signature_has_one(client):
    letter = make_letter()
    PublicKey.objects.all().delete()

    bundle = bundle_of(client, letter)

    assert (bundle["sealed"], bundle["named"], bundle["public_keys"], bundle["count"]["total"]) == (
        [],
        [],
        [],
        0,
    )


def test_a_name_that_is_revealed_leaves_its_number(client, letter):
    receipt = sign_sealed(letter)
    batches.publish_waiting(letter)
    number = typed.digest(receipt).hex()
    assert number in text_of(client, letter)

    by_receipt.change(receipt, by_receipt.signatures.Shown(Appear.FULL, "Mary Major"))

    text = text_of(client, letter)
    assert (number in text, "Mary Major" in text, signature_of(receipt).kind) == (False, True, "named")


@pytest.mark.parametrize("number", [1, 3])
def test_it_needs_the_same_queries_for_any_number_of_rows(client, number, django_assert_num_queries):
    letter = make_letter(batch_size=5)
    for index in range(number):
        sign(letter, f"Ada {'x' * index}")
        sign(letter, appear=Appear.ANONYMOUS)
        sign_sealed(letter)
        letter.text = f"Text {index}"
        letter.save()
        letters.correct(letter, by=letter.memberships.get().user)
        batches.publish_waiting(letter)
        deliver(letter, index + 1)

    with django_assert_num_queries(5):  # letter, signatures, versions, keys, snapshots
        bundle = bundle_of(client, letter)

    found = [len(bundle[part]) for part in ("named", "sealed", "versions", "snapshots")]
    assert found == [number, number, number + 1, number]
