"""P20: what was signed blindly fits whatever came back, and no order of rows says who signed when."""

from __future__ import annotations

import math
import random

import pytest
from django.utils import timezone

from petitions import tasks
from petitions.crypto import blind, tokens, typed
from petitions.documents import letters as documents
from petitions.flows import letters, proofs, signatures, snapshots
from petitions.flows import tokens as by_token
from petitions.models import Appear, Mark, Signature, WaitingSignature
from tests import sealed
from tests.factories import make_letter, sign_sealed
from tests.places import begin_anew, by_transaction, in_place
from tests.promises.sizes import sized
from tests.test_verifier import bundle_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.promise("P20"),
    pytest.mark.timeout(sized(300, 900)),
]

SIGNERS = 200
TOKENS = sized(50, 400)
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
    orders_of_marks, orders = orders_in(Mark, "value"), orders_in(WaitingSignature, "receipt_hash")
    side_by_side = pairs(in_place(Mark, "value"), in_place(WaitingSignature, "receipt_hash"), marks, receipts)
    letters.close(letter)
    orders |= orders_in(Signature, "receipt_hash")

    found = correlations(marks, orders_of_marks) | correlations(receipts, orders)
    assert telling(found, SIGNERS) == {}
    assert side_by_side <= 12  # one pair is to be expected of chance
    figures(signers=SIGNERS, strongest=round(max(map(abs, found.values())), 3))


@pytest.fixture
def handed_in():
    """A letter for which many handed in tokens, with sweeps in between; their numbers as they came."""
    letter, chance, came = make_letter(batch_size=2 * TOKENS), random.Random(), []
    for _ in range(TOKENS):
        came.append(typed.digest(sign_sealed(letter)))
        if chance.random() < 0.1:
            tasks.scatter_rows()
    tasks.scatter_rows()
    return letter, came


def test_no_order_of_tokens_is_that_of_handing_them_in(handed_in, client, figures):
    letter, came = handed_in
    orders = orders_in(WaitingSignature, "receipt_hash")
    letters.close(letter)
    snapshots.freeze_due()
    orders |= orders_in(Signature, "receipt_hash") | {"the bundle": in_bundle(letter)}

    found = correlations(came, orders)
    assert telling(found, TOKENS) == {}
    figures(tokens=TOKENS, strongest=round(max(map(abs, found.values())), 3))
    assert documents.current_document(letter, today=timezone.now().date()).signatories == []
    listing = client.get(f"{letter.get_absolute_url()}signatures/").content.decode()
    assert [number for number in came if number.hex() in listing] == []
    assert 'class="signature"' not in listing


def test_tokens_that_nobody_moves_lie_as_they_came():
    """The control: what the sweep and the batch are for."""
    begin_anew(WaitingSignature)
    letter = make_letter(batch_size=20)
    came = [typed.digest(sign_sealed(letter)) for _ in range(10)]

    assert correlation(came, in_place(WaitingSignature, "receipt_hash")) == 1


def in_bundle(letter):
    return [bytes.fromhex(row["number"]) for row in bundle_of(letter)["sealed"]]


@pytest.mark.on("postgresql")
def test_no_number_of_a_transaction_says_who_signed_when(signed):
    """All rows of a small letter bear that of the last sweep."""
    assert len(set(by_transaction(Mark, "value").values())) == 1
    assert len(set(by_transaction(WaitingSignature, "receipt_hash").values())) == 1


def orders_in(model, column):
    """Every order in which a copy of the table gives its rows."""
    return {
        f"{model.__name__} in place": in_place(model, column),
        f"{model.__name__} as listed": listed(model, column),
        f"{model.__name__} by id": listed(model, column, "pk"),
    }


def correlations(came, orders):
    return {name: correlation(came, lies) for name, lies in orders.items()}


def telling(found, number):
    """Those that chance alone would hardly give."""
    bound = DEVIATIONS / math.sqrt(number - 1)
    return {name: rho for name, rho in found.items() if abs(rho) > bound}


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
