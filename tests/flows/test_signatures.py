from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from petitions import counts
from petitions.crypto import typed
from petitions.flows import batches, letters, signatures
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import Shown
from petitions.models import Appear, Letter, Mark, Signature, Takedown, WaitingSignature
from tests.factories import make_letter, sign, signature_of

pytestmark = pytest.mark.django_db


def test_named_signatures_count_at_once():
    letter = make_letter()

    sign(letter, "Ada Lovelace", role="Engineer")

    assert counts.recount(letter).as_json() == {
        "total": 1,
        "named": 1,
        "anonymous": {"sealed": 0, "by_policy": 0},
        "by_proof": {"mailbox": 1},
    }


def test_anonymous_signatures_count_and_show_only_with_their_batch():
    letter = make_letter(batch_size=5)
    for _ in range(4):
        sign(letter, appear=Appear.ANONYMOUS)
    assert batches.publish_full(letter) == 0
    assert counts.recount(letter).total == 0

    sign(letter, appear=Appear.ANONYMOUS)

    assert batches.publish_full(letter) == 5
    assert counts.recount(letter).by_policy == 5
    assert WaitingSignature.objects.count() == 0
    assert set(Signature.objects.values_list("name", "role", "statement", "signed_at")) == {
        ("", "", "", None)
    }


def test_a_batch_is_written_under_other_keys():
    letter = make_letter(batch_size=40)
    for _ in range(40):
        sign(letter, appear=Appear.ANONYMOUS)
    waiting = set(WaitingSignature.objects.values_list("pk", flat=True))

    batches.publish_full(letter)

    assert not waiting & set(Signature.objects.values_list("pk", flat=True))


def test_hiding_erases_the_name_and_goes_on_counting():
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace", role="Engineer", statement="It is time.")

    by_receipt.change(receipt, Shown(Appear.ANONYMOUS))

    row = Signature.objects.values("kind", "name", "role", "statement", "search", "signed_at").get()
    assert row == {
        "kind": "by_policy",
        "name": "",
        "role": "",
        "statement": "",
        "search": "",
        "signed_at": None,
    }
    assert counts.recount(letter).total == 1


def test_revealing_means_typing_the_name_again():
    letter = make_letter(batch_size=5)
    receipts = [sign(letter, appear=Appear.ANONYMOUS) for _ in range(5)]
    batches.publish_full(letter)

    by_receipt.change(receipts[2], Shown(Appear.FULL, "Grace Hopper"))

    assert signature_of(receipts[2]).public_line == "Grace Hopper"
    assert counts.recount(letter).total == 5


def test_withdrawing_erases_and_does_not_free_the_mailbox():
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")

    by_receipt.withdraw(receipt)

    assert (signature_of(receipt).state, signature_of(receipt).name) == ("withdrawn", "")
    assert counts.recount(letter).total == 0
    assert Mark.objects.count() == 1


def test_a_withdrawn_signer_returns_with_the_same_receipt_until_closing():
    letter = make_letter()
    receipt = sign(letter, "Ada Lovelace")
    by_receipt.withdraw(receipt)

    by_receipt.come_back(receipt, Shown(Appear.FULL, "Ada Lovelace"))
    assert counts.recount(letter).total == 1

    by_receipt.withdraw(receipt)
    letters.close(letter)
    with pytest.raises(signatures.LetterNotOpen):
        by_receipt.come_back(receipt, Shown(Appear.FULL, "Ada Lovelace"))
    assert counts.recount(letter).total == 0


def test_an_anonymous_signature_can_be_withdrawn_before_its_batch():
    letter = make_letter()
    receipt = sign(letter, appear=Appear.ANONYMOUS)

    by_receipt.withdraw(receipt)

    assert WaitingSignature.objects.count() == 0
    assert signature_of(receipt).is_withdrawn


def test_withdrawing_an_anonymous_signature_leaves_a_day_and_no_time():
    receipt = sign(make_letter(), appear=Appear.ANONYMOUS)
    by_receipt.withdraw(receipt)

    with connection.cursor() as cursor:
        cursor.execute("SELECT signed_on FROM petitions_signature")
        assert len(str(cursor.fetchone()[0])) == len("2026-11-23")


def test_a_name_that_unfolds_into_many_letters_is_stored():
    receipt = sign(make_letter(), "\ufdfa" * 60)

    assert len(signature_of(receipt).search) == 1000


def test_an_unknown_receipt_is_refused():
    with pytest.raises(by_receipt.NoSuchReceipt):
        by_receipt.withdraw("2" * 28)


def test_names_that_mix_scripts_count_and_wait_for_review():
    letter = make_letter()

    receipt = sign(letter, "Аda Lovelace", role="Engineer")  # a Cyrillic first letter

    assert signature_of(receipt).public_line == "name under review"
    assert counts.recount(letter).named == 1


def test_closing_publishes_what_waits_whatever_its_size():
    letter = make_letter()
    sign(letter, appear=Appear.ANONYMOUS)

    letters.close(letter)

    assert counts.recount(letter).by_policy == 1
    assert Letter.objects.get().state == "closed"


def test_a_batch_is_written_in_an_order_of_chance():
    """Rows lie on the disk in the order in which they were written, whatever their keys are."""
    letter = make_letter(batch_size=40)
    signed = [typed.digest(sign(letter, appear=Appear.ANONYMOUS)) for _ in range(40)]

    batches.publish_full(letter)

    place = "rowid" if connection.vendor == "sqlite" else "ctid"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT receipt_hash FROM petitions_signature ORDER BY {place}")
        written = [bytes(value) for (value,) in cursor.fetchall()]
    assert sorted(written) == sorted(signed)
    assert written != signed


def test_the_database_takes_one_mark_of_a_mailbox():
    letter, other = make_letter(), make_letter()
    for one in (letter, other):
        Mark.objects.create(letter=one, value=b"x" * 32)

    with pytest.raises(IntegrityError), transaction.atomic():
        Mark.objects.create(letter=letter, value=b"x" * 32)


def test_words_that_changed_are_held_back_and_their_statement_is_read_again():
    receipt = sign(make_letter(), "Ada Lovelace", statement="It is time.")
    Signature.objects.update(shows_statement=True)

    by_receipt.change(receipt, Shown(Appear.FULL, "\u0410da Lovelace", "", "Something nobody read."))

    row = signature_of(receipt)
    assert (row.shows_statement, row.is_under_review) == (False, True)
    assert (row.public_statement, row.public_line) == ("", "name under review")


@pytest.mark.parametrize(
    "go", [by_receipt.withdraw, lambda receipt: by_receipt.change(receipt, Shown(Appear.ANONYMOUS))]
)
def test_a_row_without_its_name_has_not_the_id_that_stood_beside_it(go):
    receipt = sign(make_letter(), "Ada Lovelace")
    public = signature_of(receipt).pk
    Takedown.objects.create(letter=Letter.objects.get(), signature_id=public, reason="Not mine.")

    go(receipt)

    assert signature_of(receipt).pk != public
    assert Takedown.objects.get().signature == signature_of(receipt)
