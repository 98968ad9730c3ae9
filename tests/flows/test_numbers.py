"""Whoever makes a token chooses its number, and could choose one twice: that must not stop a letter."""

from __future__ import annotations

import pytest

from petitions import counts
from petitions.crypto import blind, tokens, typed
from petitions.flows import letters
from petitions.flows import tokens as sealed
from petitions.models import Letter, Proof, Signature, WaitingSignature
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand_in(drawn_key):
    """A token of this letter with the number of this receipt, made and handed in."""

    def made(letter: Letter, receipt: str) -> None:
        key = letter.public_keys.get(proof=Proof.MAILBOX)
        number = tokens.number(receipt)
        token = tokens.Token(letter.slug, letter.version.sha256, key.key_id, number)
        public = drawn_key.public_key()
        blinded, inverse = blind.blind(public, token.message())
        answer = blind.blind_sign(drawn_key, blinded)
        signature = blind.finalize(public, token.message(), answer, inverse)
        sealed.redeem(letter, str(token), tokens.to_text(signature))

    return made


@pytest.mark.parametrize("is_published", [True, False])
def test_number_of_another_letters_token_is_refused(hand_in, is_published):
    first, second, receipt = make_letter(), make_letter(), typed.new_receipt()
    hand_in(first, receipt)
    if is_published:
        letters.close(first)

    with pytest.raises(sealed.TokenRefused):
        hand_in(second, receipt)

    letters.close(second)
    assert counts.recount(second).total == 0


def test_number_of_another_letters_named_signature_is_refused(hand_in):
    receipt = sign(make_letter(), "Ada Lovelace")

    with pytest.raises(sealed.TokenRefused):
        hand_in(make_letter(), receipt)


def test_number_that_came_in_twice_at_one_moment_stops_no_letter(hand_in):
    """As two processes leave it that both looked before either had stored."""
    letter, receipt = make_letter(), typed.new_receipt()
    hand_in(letter, receipt)
    hand_in(letter, typed.new_receipt())
    sign(make_letter(), "Ada Lovelace")
    Signature.objects.update(receipt_hash=typed.digest(receipt))

    letters.close(letter)

    assert (counts.recount(letter).total, WaitingSignature.objects.count()) == (1, 0)
