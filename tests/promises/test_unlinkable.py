"""P20: what was signed blindly fits whatever came back, and no order of rows says who signed when."""

from __future__ import annotations

import math
import random

import pytest

from petitions import tasks
from petitions.crypto import blind, tokens, typed
from petitions.flows import letters, proofs, signatures
from petitions.flows import tokens as by_token
from petitions.models import Appear, Mark, Signature, WaitingSignature
from tests import sealed
from tests.factories import make_letter
from tests.places import by_transaction, in_place
from tests.promises.sizes import sized

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promise("P20")]

SIGNERS = 200
DEVIATIONS = 5  # of pure chance: one run in some million is red for nothing


def test_every_token_fits_everything_that_was_signed_blindly(figures):
    """For each pair there is a factor that explains it, so the site's records say nothing about who is whose."""
    number, letter = sized(12, 60), make_letter()
    key = letter.public_keys.get()
    public = blind.load_public(bytes(key.spki))

    seen, redeemed = zip(*(signed_blindly(letter, public, n) for n in range(number)), strict=True)
    chosen = random.sample(redeemed, number)
    for token, signature in chosen:
        by_token.redeem(letter, str(token), tokens.to_text(signature))

    assert letter.waiting.filter(kind="sealed").count() == number
    pairs = [(pair, signature) for pair in seen for _, signature in chosen]
    assert sum(is_explicable(public, *pair, signature) for pair, signature in pairs) == number**2
    figures(pairs=number**2)


def signed_blindly(letter, public, number):
    """What the site saw of one mailbox, value and answer; and what came out on the signer's side."""
    request, code = proofs.challenge(
        letter, purpose="sign", address=f"person{number}@example.test", appear=Appear.ANONYMOUS
    )
    token = tokens.Token(letter.slug, letter.version.sha256, letter.public_keys.get().key_id, a_number())
    blinded, inverse = blind.blind(public, token.message())
    issued = by_token.issue(letter, request, code, blinded)
    signature = blind.finalize(public, token.message(), issued.blind_signature, inverse)
    return (blinded, issued.blind_signature), (token, signature)


def a_number():
    return tokens.number(typed.new_receipt())


def is_explicable(public, blinded, blind_signature, signature):
    """Whether one factor leads from this signature to what was answered, and from its message to what was seen."""
    numbers = public.public_numbers()
    seen, answered, shown = (int.from_bytes(part) for part in (blinded, blind_signature, signature))
    factor = answered * pow(shown, -1, numbers.n) % numbers.n
    message = pow(shown, numbers.e, numbers.n)
    return (
        math.gcd(factor, numbers.n) == 1 and message * pow(factor, numbers.e, numbers.n) % numbers.n == seen
    )


def test_a_key_of_ones_own_would_be_recognized():
    """The control: who is answered under another key than all others explains no token but those of that key."""
    ours, another = sealed.make_key(), sealed.make_key("another")
    token = sealed.make_token(ours)
    signature = sealed.sign(ours, token.message())
    blinded, _ = blind.blind(another.public_key(), sealed.make_token(another).message())

    answered = blind.blind_sign(another, blinded)

    assert not is_explicable(ours.public_key(), blinded, answered, signature)


# --- Order -------------------------------------------------------------------------------------------------
@pytest.fixture
def signed():
    """A letter that two hundred signed, with sweeps in between; marks and receipts as they came."""
    letter, chance, marks, receipts = make_letter(batch_size=2 * SIGNERS), random.Random(), [], []
    for number in range(SIGNERS):
        request, code = proofs.challenge(
            letter, purpose="sign", address=f"person{number}@example.test", appear=Appear.ANONYMOUS
        )
        marks.append(bytes.fromhex(request.mark))
        receipts.append(typed.digest(request.receipt))
        signatures.sign(letter, request, code)
        if chance.random() < 0.1:
            tasks.scatter_rows()
    tasks.scatter_rows()
    return letter, marks, receipts


def test_no_order_of_rows_is_that_of_signing(signed, figures):
    letter, marks, receipts = signed
    orders = {
        "marks in their places": (marks, in_place(Mark, "value")),
        "marks as they are listed": (marks, listed(Mark, "value")),
        "marks by id": (marks, listed(Mark, "value", "pk")),
        "waiting in their places": (receipts, in_place(WaitingSignature, "receipt_hash")),
        "waiting as they are listed": (receipts, listed(WaitingSignature, "receipt_hash")),
        "waiting by id": (receipts, listed(WaitingSignature, "receipt_hash", "pk")),
    }
    side_by_side = pairs(in_place(Mark, "value"), in_place(WaitingSignature, "receipt_hash"), marks, receipts)
    letters.close(letter)
    orders |= {
        "published in their places": (receipts, in_place(Signature, "receipt_hash")),
        "published as they are listed": (receipts, listed(Signature, "receipt_hash")),
        "published by id": (receipts, listed(Signature, "receipt_hash", "pk")),
    }

    found = {name: correlation(came, lies) for name, (came, lies) in orders.items()}
    bound = DEVIATIONS / math.sqrt(SIGNERS - 1)
    assert {name: rho for name, rho in found.items() if abs(rho) > bound} == {}
    assert side_by_side <= 12  # one pair is to be expected of chance
    figures(signers=SIGNERS, strongest=round(max(map(abs, found.values())), 3), bound=round(bound, 3))


@pytest.mark.on("postgresql")
def test_no_number_of_a_transaction_says_who_signed_when(signed):
    """All rows of a small letter bear that of the last sweep."""
    assert len(set(by_transaction(Mark, "value").values())) == 1
    assert len(set(by_transaction(WaitingSignature, "receipt_hash").values())) == 1


def listed(model, column, *order):
    return [bytes(value) for value in model.objects.order_by(*order).values_list(column, flat=True)]


def pairs(marks, waiting, marks_as_they_came, receipts_as_they_came):
    """How often a mailbox lies beside its own signature."""
    owner = dict(zip(marks_as_they_came, receipts_as_they_came, strict=True))
    return sum(owner[mark] == receipt for mark, receipt in zip(marks, waiting, strict=True))


def correlation(came, lies):
    """Spearman's: 1 for the same order, around 0 for one of chance, with a deviation of 1 / sqrt(n - 1)."""
    place = {value: number for number, value in enumerate(lies)}
    assert sorted(came) == sorted(lies)
    number = len(came)
    squares = sum((place[value] - rank) ** 2 for rank, value in enumerate(came))
    return 1 - 6 * squares / (number * (number**2 - 1))


def test_an_order_that_is_kept_is_seen():
    """The control."""
    assert correlation(list("abcdefgh"), list("abcdefgh")) == 1
    assert correlation(list("abcdefgh"), list("hgfedcba")) == -1
