"""A token is issued once to a mailbox, counts once, and only where, for what and by whom it was made."""

from __future__ import annotations

import threading

import pytest
from django.conf import settings
from django.db import connection

from petitions import counts
from petitions.crypto import blind, keys, tokens, typed
from petitions.flows import batches, letters, proofs, signatures
from petitions.flows import receipts as by_receipt
from petitions.flows import tokens as sealed
from petitions.flows.signatures import Shown
from petitions.models import Appear, Challenge, Letter, Mark, PublicKey, Signature, WaitingSignature
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter() -> Letter:
    return make_letter(batch_size=5)


def asked(letter, address="ada@example.test", **shown):
    return proofs.challenge(letter, purpose="sign", address=address, **{"appear": "anonymous"} | shown)


class Signer:
    """The signer's side, as the browser or the offline program has it."""

    def __init__(self, letter: Letter, key: PublicKey | None = None, **changes: str) -> None:
        self.key = blind.load_public(bytes((key or letter.public_keys.get()).spki))
        self.receipt = typed.new_receipt()
        parts = {
            "letter": letter.slug,
            "version": letter.version.sha256,
            "key_id": letter.public_keys.get().key_id,
            "number": tokens.number(self.receipt),
        }
        self.token = tokens.Token(**parts | changes)
        self.blinded, self._inverse = blind.blind(self.key, self.token.message())

    def finalize(self, blind_signature: bytes) -> tuple[str, str]:
        signature = blind.finalize(self.key, self.token.message(), blind_signature, self._inverse)
        return str(self.token), tokens.to_text(signature)


def get_token(letter, address="ada@example.test", **changes):
    """Token, signature and receipt of whoever reads this mailbox."""
    signer = Signer(letter, **changes)
    issued = sealed.issue(letter, *asked(letter, address), signer.blinded)
    return *signer.finalize(issued.blind_signature), signer.receipt


def test_a_token_that_is_handed_in_waits_for_its_batch_and_counts(letter):
    for number in range(5):
        line, signature, _receipt = get_token(letter, f"person{number}@example.test")
        assert counts.recount(letter).total == 0
        sealed.redeem(letter, line, signature)

    assert batches.publish_full(letter) == 5
    tally = counts.recount(letter)
    assert (tally.sealed, tally.by_policy, tally.by_proof) == (5, 0, {"mailbox": 5})
    assert letter.public_keys.get().issued == 5


def test_what_is_published_can_be_checked_by_anybody(letter):
    line, signature, receipt = get_token(letter)
    sealed.redeem(letter, line, signature)
    batches.publish_waiting(letter)

    row = Signature.objects.get()
    token = tokens.Token(letter.slug, row.version.sha256, row.sealed_by.key_id, bytes(row.receipt_hash).hex())
    key = blind.load_public(bytes(row.sealed_by.spki))
    assert blind.verify(key, token.message(), bytes(row.token_signature))
    assert token.number == tokens.number(receipt)


def test_a_mailbox_gets_one_token_or_one_signature(letter):
    get_token(letter)

    with pytest.raises(signatures.AlreadySigned):
        get_token(letter, "ADA+again@example.test")
    with pytest.raises(signatures.AlreadySigned):
        signatures.sign(letter, *asked(letter, appear="full", name="Ada Lovelace"))

    signatures.sign(letter, *asked(letter, "grace@example.test", appear="full", name="Grace Hopper"))
    with pytest.raises(signatures.AlreadySigned):
        get_token(letter, "grace@example.test")


def test_a_lost_answer_is_fetched_again_and_nothing_else_is(letter):
    signer, other = Signer(letter), Signer(letter)
    pending, code = asked(letter)
    first = sealed.issue(letter, pending, code, signer.blinded)

    assert sealed.issue(letter, pending, code, signer.blinded) == first
    with pytest.raises(proofs.CodeUsed):
        sealed.issue(letter, pending, code, other.blinded)
    with pytest.raises(proofs.CodeRefused):
        sealed.issue(letter, pending, "22222222", signer.blinded)
    assert Mark.objects.count() == 1


def test_who_is_cut_off_before_the_signature_gets_it_by_asking_again(letter, monkeypatch):
    signer, (pending, code) = Signer(letter), asked(letter)
    with monkeypatch.context() as cut:
        cut.setattr(blind, "blind_sign", faulty)
        with pytest.raises(blind.SigningFailed):
            sealed.issue(letter, pending, code, signer.blinded)
    assert Mark.objects.count() == 1

    issued = sealed.issue(letter, pending, code, signer.blinded)

    sealed.redeem(letter, *signer.finalize(issued.blind_signature))
    assert Mark.objects.count() == 1


def test_nothing_is_calculated_for_who_guesses(letter, monkeypatch):
    monkeypatch.setattr(blind, "blind_sign", faulty)
    blinded, (pending, code) = Signer(letter).blinded, asked(letter)
    for _ in range(Challenge.TRIES):
        with pytest.raises(proofs.WrongCode):
            sealed.issue(letter, pending, "22222222", blinded)

    for late in ("22222222", code):
        with pytest.raises(proofs.CodeSpent):
            sealed.issue(letter, pending, late, blinded)
    assert Mark.objects.count() == 0


def faulty(*_):
    raise blind.SigningFailed


def test_no_token_without_the_right_code(letter):
    signer = Signer(letter)
    pending, code = asked(letter)

    with pytest.raises(proofs.WrongCode):
        sealed.issue(letter, pending, "22222222", signer.blinded)
    assert Mark.objects.count() == 0
    sealed.issue(letter, pending, code, signer.blinded)


@pytest.mark.parametrize(
    "harmed", [b"", b"\x00" * 384, b"\x00" * 383 + b"\x01", b"\xff" * 384, b"\x01" * 383]
)
def test_what_cannot_be_signed_costs_no_code(letter, harmed):
    pending, code = asked(letter)

    with pytest.raises(blind.BlindedNotUsable):
        sealed.issue(letter, pending, code, harmed)
    sealed.issue(letter, pending, code, Signer(letter).blinded)


def test_named_signers_get_no_token(letter):
    with pytest.raises(sealed.NoToken):
        sealed.issue(letter, *asked(letter, appear="full", name="Ada"), Signer(letter).blinded)


def test_the_same_token_again_changes_nothing(letter):
    line, signature, _receipt = get_token(letter)
    for _ in range(3):
        sealed.redeem(letter, line, signature)
    batches.publish_waiting(letter)
    sealed.redeem(letter, line, signature)

    assert (Signature.objects.count(), WaitingSignature.objects.count()) == (1, 0)


def test_a_withdrawn_token_does_not_come_back_by_being_handed_in(letter):
    line, signature, receipt = get_token(letter)
    sealed.redeem(letter, line, signature)
    by_receipt.withdraw(receipt)

    with pytest.raises(sealed.Withdrawn):
        sealed.redeem(letter, line, signature)
    batches.publish_waiting(letter)

    assert counts.recount(letter).total == 0


def test_a_sealed_signature_returns_sealed(letter):
    line, signature, receipt = get_token(letter)
    sealed.redeem(letter, line, signature)
    batches.publish_waiting(letter)
    by_receipt.withdraw(receipt)

    by_receipt.come_back(receipt, Shown(Appear.ANONYMOUS))
    batches.publish_waiting(letter)

    assert counts.recount(letter).sealed == 1
    assert len(Signature.objects.get().token_signature) == 384


def test_who_reveals_a_sealed_signature_is_named_and_holds_no_token(letter):
    line, signature, receipt = get_token(letter)
    sealed.redeem(letter, line, signature)

    by_receipt.change(receipt, Shown(Appear.FULL, "Ada Lovelace"))

    row = Signature.objects.get()
    assert (row.kind, row.name, row.token_signature, row.sealed_by) == ("named", "Ada Lovelace", None, None)


def test_a_token_of_a_corrected_letter_counts_for_the_text_that_it_names(letter):
    line, signature, _receipt = get_token(letter)
    first = letter.version
    Letter.objects.filter(pk=letter.pk).update(text="Corrected")
    letter.refresh_from_db()
    letters.correct(letter, by=letter.memberships.get().user)

    sealed.redeem(letter, line, signature)

    assert WaitingSignature.objects.get().version == first


REFUSED = {
    "a signature that is none": lambda line, signature: (line, signature[:-4] + "AAAA"),
    "a cut signature": lambda line, signature: (line, signature[:-4]),
    "no signature": lambda line, _signature: (line, ""),
    "another number": lambda line, signature: (line[:-1] + ("0" if line[-1] != "0" else "1"), signature),
    "another letter": lambda line, signature: (line.replace(".letter-", ".another-"), signature),
    "another version": lambda line, signature: (
        ".".join(["0" * 64 if place == 2 else part for place, part in enumerate(line.split("."))]),
        signature,
    ),
    "another key": lambda line, signature: (
        ".".join(["0" * 64 if place == 3 else part for place, part in enumerate(line.split("."))]),
        signature,
    ),
    "upper case": lambda line, signature: (line.upper(), signature),
    "nothing": lambda _line, _signature: ("", ""),
    "NUL": lambda line, signature: (line + "\x00", signature),
}


@pytest.mark.parametrize("harm", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_token_of_this_letter_is_refused(letter, harm):
    line, signature, _receipt = get_token(letter)

    with pytest.raises(sealed.TokenRefused):
        sealed.redeem(letter, *harm(line, signature))
    assert WaitingSignature.objects.count() == 0


def test_a_token_of_another_letter_is_refused_though_its_key_were_the_same(letter):
    other = make_letter()
    line, signature, _receipt = get_token(other)

    with pytest.raises(sealed.TokenRefused):
        sealed.redeem(letter, line, signature)


def test_a_closed_letter_counts_no_token_and_keeps_those_that_count(letter):
    counted, late = get_token(letter), get_token(letter, "grace@example.test")
    sealed.redeem(letter, *counted[:2])
    letters.close(letter)

    sealed.redeem(letter, *counted[:2])
    with pytest.raises(signatures.LetterNotOpen):
        sealed.redeem(letter, *late[:2])

    assert counts.recount(letter).total == 1
    assert letter.public_keys.get().issued == 2


def test_closing_destroys_the_private_key_and_keeps_the_public_one(letter):
    key = letter.public_keys.select_related("letter").get()
    assert keys.read(settings.KEYS_DIR, key.private_name)

    letters.close(letter)
    letters.destroy_keys(letter)

    with pytest.raises(keys.KeyMissing):
        keys.read(settings.KEYS_DIR, key.private_name)
    assert letter.public_keys.get().key_id == key.key_id


def test_a_lost_private_key_gives_no_tokens_and_stops_nothing_else(letter):
    key = letter.public_keys.select_related("letter").get()
    keys.destroy(settings.KEYS_DIR, key.private_name)

    with pytest.raises(sealed.NoToken):
        get_token(letter)
    signatures.sign(letter, *asked(letter))
    assert WaitingSignature.objects.count() == 1


def test_everybody_gets_the_same_key(letter):
    assert len({sealed.key_of(letter, "mailbox").line for _ in range(3)}) == 1
    assert sealed.make_key(letter, "mailbox") == letter.public_keys.get()


def test_few_is_fewer_than_a_batch(letter):
    for number in range(4):
        get_token(letter, f"person{number}@example.test")
        assert sealed.are_few(sealed.key_of(letter, "mailbox"))
    get_token(letter, "last@example.test")

    assert not sealed.are_few(sealed.key_of(letter, "mailbox"))


@pytest.mark.django_db(transaction=True)
def test_fifty_who_hand_in_one_token_at_once_count_once():
    letter = make_letter()
    line, signature, _receipt = get_token(letter)
    barrier, raised = threading.Barrier(50), []

    def hand_in():
        try:
            barrier.wait()
            sealed.redeem(letter, line, signature)
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=hand_in) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert raised == []
    assert WaitingSignature.objects.count() == 1


def test_a_receipt_of_somebody_else_is_no_token_number(letter):
    """The numbers of tokens and the hashes of receipts share a column, and never each other's rows."""
    receipt = sign(letter, "Ada Lovelace")
    signer = Signer(letter, number=tokens.number(receipt))
    issued = sealed.issue(letter, *asked(letter), signer.blinded)

    sealed.redeem(letter, *signer.finalize(issued.blind_signature))

    assert (counts.recount(letter).named, WaitingSignature.objects.count()) == (1, 0)


def test_a_number_that_another_letter_counts_is_refused_and_stops_nobody(letter):
    """Whoever makes a token chooses its number: neither batch nor closing may trip over it."""
    other = make_letter(batch_size=5)
    receipt = sign(other, "Ada Lovelace")
    signer = Signer(letter, number=tokens.number(receipt))
    issued = sealed.issue(letter, *asked(letter), signer.blinded)

    with pytest.raises(sealed.TokenRefused):
        sealed.redeem(letter, *signer.finalize(issued.blind_signature))
    letters.close(letter)
    assert (counts.recount(letter).total, counts.recount(other).total) == (0, 1)


def test_whoever_read_an_earlier_text_signs_nothing(letter):
    (pending, code), (named, its_code) = (
        asked(letter),
        asked(letter, "g@example.test", appear="full", name="Grace"),
    )
    Letter.objects.filter(pk=letter.pk).update(text="Corrected")
    letter.refresh_from_db()
    letters.correct(letter, by=letter.memberships.get().user)

    with pytest.raises(signatures.TextCorrected):
        sealed.issue(letter, pending, code, Signer(letter).blinded)
    with pytest.raises(signatures.TextCorrected):
        signatures.sign(letter, named, its_code)
    assert (Mark.objects.count(), counts.recount(letter).total) == (0, 0)


def test_who_reveals_a_signature_stays_with_the_text_that_was_signed(letter):
    line, signature, receipt = get_token(letter)
    sealed.redeem(letter, line, signature)
    first = letter.version
    Letter.objects.filter(pk=letter.pk).update(text="Corrected")
    letter.refresh_from_db()
    letters.correct(letter, by=letter.memberships.get().user)

    by_receipt.change(receipt, Shown(Appear.FULL, "Ada Lovelace"))

    assert Signature.objects.get().version == first


def test_a_wrong_code_costs_no_calculation(letter, monkeypatch):
    pending, _code = asked(letter)
    monkeypatch.setattr(blind, "blind_sign", None)

    for _ in range(5):
        with pytest.raises(proofs.WrongCode):
            sealed.issue(letter, pending, "22222222", b"x" * 384)
    with pytest.raises(proofs.CodeSpent):
        sealed.issue(letter, pending, "22222222", b"x" * 384)
