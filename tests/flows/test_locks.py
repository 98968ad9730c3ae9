"""Two who act on one letter at the same moment. What waits for what is the same on both databases."""

from __future__ import annotations

import secrets

import pytest
from django.db import connection, transaction
from django.test import Client

from petitions import counts
from petitions.flows import batches, deliveries, letters, proofs, reviews, signatures, snapshots, takedowns
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import AlreadySigned, LetterNotOpen, Shown
from petitions.models import Appear, Challenge, Lease, Letter, Mark, Signature, Takedown, WaitingSignature
from tests.beside import Beside
from tests.factories import make_letter, make_user, sign, signature_of

pytestmark = pytest.mark.django_db(transaction=True)

ADA = {"address": "ada@example.test", "appear": "full", "name": "Ada Lovelace"}
LOOKALIKE = "\u0410da Lovelace"  # a Cyrillic first letter


def asked(letter, **changes):
    return proofs.challenge(letter, purpose="sign", **ADA | changes)


def read_again(letter):
    """As another request has it."""
    return Letter.objects.get(pk=letter.pk)


def deliver(letter):
    return deliveries.deliver(letter, number=1, by=letter.memberships.get().user)


def test_whoever_signs_while_the_letter_is_being_closed_is_refused():
    letter = make_letter()
    as_read, (pending, code) = read_again(letter), asked(letter)

    with transaction.atomic():
        letters.close(letter)
        signing = Beside(lambda: signatures.sign(as_read, pending, code))
        signing.wait_a_little()

    assert isinstance(signing.outcome(), LetterNotOpen)
    assert (counts.recount(letter).total, letter.snapshots.get().count["total"]) == (0, 0)
    assert letter.marks.count() == 0


def test_closing_waits_for_whoever_is_signing():
    letter = make_letter()
    pending, code = asked(letter)

    with transaction.atomic():
        signatures.sign(letter, pending, code)
        closing = Beside(lambda: letters.close(read_again(letter)))
        closing.wait_a_little()

    assert closing.outcome() is None
    assert letter.snapshots.get().count["total"] == 1
    assert letter.marks.count() == 0


def test_two_codes_of_one_mailbox_typed_at_once_make_one_signature():
    letter = make_letter()
    (first, code), (second, other_code) = asked(letter), asked(letter, address="ADA+2@example.test")

    with transaction.atomic():
        signatures.sign(letter, first, code)
        again = Beside(lambda: signatures.sign(letter, second, other_code))
        again.wait_a_little()

    assert isinstance(again.outcome(), AlreadySigned)
    assert (Signature.objects.count(), Mark.objects.count()) == (1, 1)


def test_two_who_guess_at_once_do_not_share_the_last_try():
    pending, _code = asked(make_letter())
    Challenge.objects.update(tries=4)

    with transaction.atomic():
        first = guess(pending)
        second = Beside(lambda: guess(pending))
        second.wait_a_little()

    assert (first, second.outcome()) == ("WrongCode", "CodeSpent")


def guess(pending):
    try:
        proofs.check(pending, "22222222")
    except proofs.CodeRefused as refusal:
        return type(refusal).__name__


CHANGES = {
    "withdraws": lambda receipt: by_receipt.withdraw(receipt),
    "hides": lambda receipt: by_receipt.change(receipt, Shown(Appear.ANONYMOUS)),
    "corrects the line": lambda receipt: by_receipt.change(receipt, Shown(Appear.FULL, "Ada King")),
    "is hidden by an organizer": lambda receipt: takedowns.grant(
        Takedown.objects.create(
            letter=signature_of(receipt).letter, signature=signature_of(receipt), reason="Not me"
        ),
        by=make_user(),
    ),
    "is approved": lambda receipt: reviews.approve(
        signature_of(receipt), seen=signature_of(receipt).words_digest, by=make_user()
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_no_picture_is_made_of_a_line_that_is_changing(change):
    """Whoever delivers waits; otherwise the worker would freeze a name that is just being taken away."""
    letter = make_letter()
    receipt = sign(letter, LOOKALIKE)

    with transaction.atomic():
        change(receipt)
        pressing = Beside(lambda: deliver(letter))
        pressing.wait_a_little()
        Beside(snapshots.freeze_due).outcome()  # what the worker does meanwhile

    pressing.outcome()
    snapshots.freeze_due()
    lines = [signature.public_line for signature in letter.signatures.all().named()]
    assert letter.snapshots.get().names == lines


def test_whoever_joins_the_queue_while_it_is_published_is_not_lost(monkeypatch):
    letter = make_letter(batch_size=5)
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
    pending, code = asked(letter, appear="anonymous", name="")
    joining = []

    class Slow(secrets.SystemRandom):
        def shuffle(self, rows):
            joining.append(Beside(lambda: signatures.sign(letter, pending, code)))
            joining[0].wait_a_little()

    monkeypatch.setattr(batches.secrets, "SystemRandom", Slow)

    assert batches.publish_full(letter) == 5
    assert joining[0].outcome() is None
    assert (counts.recount(letter).total, WaitingSignature.objects.count()) == (5, 1)


@pytest.mark.parametrize("look", [signatures.has_receipt, lambda _letter, receipt: by_receipt.find(receipt)])
def test_a_receipt_is_found_while_its_row_moves(look):
    """After the first look into the database the row leaves the queue."""
    letter = make_letter()
    receipt, moved = sign(letter, appear=Appear.ANONYMOUS), []

    def move(execute, *statement):
        result = execute(*statement)
        if not moved:
            moved.append(Beside(lambda: by_receipt.withdraw(receipt)).outcome())
        return result

    with connection.execute_wrapper(move):
        assert look(letter, receipt)

    assert (moved, signature_of(receipt).state) == ([None], "withdrawn")


def test_a_letter_that_is_being_closed_is_not_corrected():
    owner = make_user()
    letter = make_letter(owner=owner)
    words = {"title": letter.title, "text": "Too late"}
    for demand in letter.demands.all():
        words |= {f"demand_{demand.pk}_title": demand.title, f"demand_{demand.pk}_text": demand.text}
    client = Client()
    client.force_login(owner)

    with transaction.atomic():
        letters.close(letter)
        correcting = Beside(lambda: client.post(f"/admin/petitions/letter/{letter.pk}/correct/", words))
        correcting.wait_a_little()

    assert correcting.outcome().status_code in (302, 303)
    assert (letter.versions.count(), read_again(letter).text) == (1, letter.text)


def test_of_two_senders_at_once_one_gets_the_row():
    letter = make_letter()
    deliver(letter)
    snapshots.freeze_due()
    delivery = letter.deliveries.letters().first()

    with transaction.atomic():
        first = Lease.take(delivery.pk)
        second = Beside(lambda: Lease.take(delivery.pk))
        second.wait_a_little()

    assert (bool(first), second.outcome()) == (True, None)
