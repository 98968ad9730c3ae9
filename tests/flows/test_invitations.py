"""Invitations: used once, counted apart, and nothing left that says who."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from petitions import counts
from petitions.crypto import blind, tokens, typed
from petitions.documents.sentences import count_sentences
from petitions.flows import batches, invitations, letters, signatures
from petitions.flows import receipts as by_receipt
from petitions.flows import tokens as sealed
from petitions.flows.signatures import LetterNotOpen, Shown, TextCorrected
from petitions.models import Appear, AuditEvent, Invitation, Letter, Proof, Sheet, Signature, WaitingSignature
from tests.factories import make_draft, make_invitations, make_letter, make_user, signature_of
from tests.sealed import make_key
from tests.test_verifier import bundle_of, verify

pytestmark = pytest.mark.django_db

ADA, NOBODY = Shown(Appear.FULL, "Ada Lovelace"), Shown(Appear.ANONYMOUS)


@pytest.fixture(autouse=True)
def keys_of_a_letter_differ(drawn_key, keys_are_drawn_once, monkeypatch) -> None:
    drawn = itertools.cycle([drawn_key, make_key("ours"), make_key("another")])
    monkeypatch.setattr(blind, "new_key", drawn.__next__)


def use(letter: Letter, code: str, shown: Shown = ADA, receipt: str = "") -> str:
    receipt = receipt or typed.new_receipt()
    invitations.sign(letter, code, shown, receipt, version=letter.version.sha256)
    return receipt


def hide(letter: Letter, proof: str = Proof.INVITATION) -> tuple[tokens.Token, bytes, int]:
    """A token for the letter's key of this proof, the hidden form of it, and what removes the blinding."""
    key = letter.public_keys.get(proof=proof)
    token = tokens.Token(letter.slug, letter.version.sha256, key.key_id, tokens.number(typed.new_receipt()))
    return token, *blind.blind(blind.load_public(bytes(key.spki)), token.message())


def token_for(letter: Letter, code: str, blinded: bytes) -> sealed.Issued:
    return invitations.issue(letter, code, blinded, version=letter.version.sha256)


def finish(letter: Letter, token: tokens.Token, answer: sealed.Issued, inverse: int) -> None:
    key = letter.public_keys.get(key_id=answer.key_id)
    public = blind.load_public(bytes(key.spki))
    signature = blind.finalize(public, token.message(), answer.blind_signature, inverse)
    sealed.redeem(letter, str(token), tokens.to_text(signature))


@pytest.mark.parametrize("proof", Invitation.PROOFS)
def test_code_signs_once_under_its_proof(proof):
    letter = make_letter()
    code = make_invitations(letter, proof=proof)[0]

    receipt = use(letter, code)

    assert (signature_of(receipt).proof, signature_of(receipt).public_line) == (proof, "Ada Lovelace")
    with pytest.raises(invitations.InvitationRefused):
        use(letter, code, Shown(Appear.FULL, "Grace Hopper"))
    assert counts.recount(letter).as_json()["by_proof"] == {proof: 1}


def test_used_code_leaves_no_row_and_no_mark():
    letter = make_letter()
    code = make_invitations(letter)[0]

    use(letter, code)

    assert (letter.invitations.count(), letter.marks.count()) == (9, 0)
    assert not letter.invitations.filter(code_hash=typed.digest(code)).exists()


def test_by_policy_waits_for_its_batch():
    letter = make_letter(batch_size=5)
    codes = make_invitations(letter)
    for code in codes[:5]:
        use(letter, code, NOBODY)
    assert (counts.recount(letter).total, letter.waiting.count()) == (0, 5)

    batches.publish_full(letter)

    assert counts.recount(letter).as_json() == {
        "total": 5,
        "named": 0,
        "anonymous": {"sealed": 0, "by_policy": 5},
        "by_proof": {"invitation": 5},
    }


def test_lost_answer_is_given_again_to_the_same_receipt_only():
    letter, receipt = make_letter(), typed.new_receipt()
    code = make_invitations(letter)[0]

    for _ in range(3):
        use(letter, code, ADA, receipt)
    letters.close(letter)
    use(letter, code, ADA, receipt)

    assert Signature.objects.count() == 1


def test_receipt_of_an_invitation_withdraws():
    letter = make_letter()
    code = make_invitations(letter)[0]
    receipt = use(letter, code)

    by_receipt.withdraw(receipt)

    assert (counts.recount(letter).total, letter.invitations.count()) == (0, 9)
    with pytest.raises(invitations.InvitationRefused):
        use(letter, code)


@pytest.mark.parametrize("proof", Invitation.PROOFS)
def test_token_is_signed_by_the_key_of_its_proof_and_counts(proof):
    letter = make_letter()
    make_invitations(letter, proof=Proof.FORMER if proof == Proof.INVITATION else Proof.INVITATION)
    code = make_invitations(letter, proof=proof)[0]
    token, blinded, inverse = hide(letter, proof)

    answer = token_for(letter, code, blinded)
    assert (WaitingSignature.objects.count(), Signature.objects.count()) == (0, 0)
    finish(letter, token, answer, inverse)
    letters.close(letter)

    counted = letter.signatures.get()
    assert (counted.kind, counted.proof, counted.sealed_by.proof) == ("sealed", proof, proof)


def test_lost_token_is_given_again_and_no_other():
    letter = make_letter()
    code = make_invitations(letter)[0]
    _, blinded, _ = hide(letter)

    first = token_for(letter, code, blinded)

    assert token_for(letter, code, blinded) == first
    for again in (lambda: token_for(letter, code, hide(letter)[1]), lambda: use(letter, code)):
        with pytest.raises(invitations.InvitationRefused):
            again()
    assert (letter.invitations.count(), letter.invitations.sealed().count()) == (10, 1)


def test_code_that_signed_gets_no_token():
    letter = make_letter()
    code = make_invitations(letter)[0]
    use(letter, code)

    with pytest.raises(invitations.InvitationRefused):
        token_for(letter, code, hide(letter)[1])


def test_what_cannot_be_signed_uses_nothing_up():
    letter = make_letter()
    code = make_invitations(letter)[0]

    with pytest.raises(blind.BlindedNotUsable):
        token_for(letter, code, b"\x01")

    use(letter, code)


def test_issued_tokens_are_told_with_a_batch_only():
    letter = make_letter(batch_size=5)
    codes = make_invitations(letter)
    key = letter.public_keys.get(proof=Proof.INVITATION)
    token_for(letter, codes[0], hide(letter)[1])
    key.refresh_from_db()
    assert key.issued == 0

    for code in codes[1:6]:
        use(letter, code, NOBODY)
    batches.publish_full(letter)

    key.refresh_from_db()
    assert key.issued == 1


def test_stranger_counts_sealed_signatures_of_every_proof_again():
    letter = make_letter(batch_size=5)
    for proof in Invitation.PROOFS:
        for code in make_invitations(letter, proof=proof)[:3]:
            token, blinded, inverse = hide(letter, proof)
            finish(letter, token, token_for(letter, code, blinded), inverse)
    batches.publish_full(letter)

    bundle = bundle_of(letter)

    assert verify(bundle)["wrong"] == []
    assert bundle["count"]["by_proof"] == {"former": 3, "invitation": 3}
    issued = {key["proof"]: key["issued"] for key in bundle["public_keys"]}
    assert issued == {"mailbox": 0, "invitation": 3, "former": 3}


def correct(letter: Letter, text: str = "Corrected") -> str:
    """The version that was in force until now."""
    read = letter.version.sha256
    letter.text = text
    letter.save()
    letters.correct(letter, by=letter.memberships.get().user)
    return read


def test_whoever_read_an_earlier_text_signs_nothing_and_uses_nothing_up():
    letter = make_letter()
    code, (_, blinded, _) = make_invitations(letter)[0], hide(letter)
    read = correct(letter)

    with pytest.raises(TextCorrected):
        invitations.sign(letter, code, ADA, typed.new_receipt(), version=read)
    with pytest.raises(TextCorrected):
        invitations.issue(letter, code, blinded, version=read)

    assert (letter.signatures.count(), letter.invitations.unused().count()) == (0, 10)
    assert signature_of(use(letter, code)).version == letter.version


def test_what_was_signed_before_a_correction_is_answered_again_after_it():
    letter, receipt = make_letter(), typed.new_receipt()
    one, two, *_ = make_invitations(letter)
    token, blinded, inverse = hide(letter)
    use(letter, one, ADA, receipt)
    answer = token_for(letter, two, blinded)
    read = correct(letter)

    invitations.sign(letter, one, ADA, receipt, version=read)
    assert invitations.issue(letter, two, blinded, version=read) == answer
    finish(letter, token, answer, inverse)

    assert (letter.signatures.count(), letter.waiting.get().version.sha256) == (1, read)


def test_few_is_fewer_than_a_batch_under_the_key_of_that_proof():
    letter = make_letter(batch_size=5)
    codes, former = make_invitations(letter), make_invitations(letter, proof=Proof.FORMER)
    key = sealed.key_of(letter, Proof.INVITATION)
    for code in former[:5]:
        token_for(letter, code, hide(letter, Proof.FORMER)[1])
    for code in codes[:4]:
        token_for(letter, code, hide(letter)[1])
    assert sealed.are_few(key)
    token_for(letter, codes[4], hide(letter)[1])

    assert not sealed.are_few(key)
    assert not sealed.are_few(sealed.key_of(letter, Proof.FORMER))
    assert sealed.are_few(sealed.key_of(letter, Proof.MAILBOX))


def test_invitation_of_another_letter_is_refused():
    letter, other = make_letter(), make_letter()
    make_invitations(letter)
    code = make_invitations(other)[0]

    with pytest.raises(invitations.InvitationRefused):
        use(letter, code)
    with pytest.raises(invitations.InvitationRefused):
        token_for(letter, code, hide(letter)[1])
    assert other.invitations.count() == 10


def test_voided_codes_are_refused_and_what_was_made_stays():
    letter = make_letter()
    codes = make_invitations(letter)
    token, blinded, inverse = hide(letter)
    use(letter, codes[0])
    answer = token_for(letter, codes[1], blinded)

    invitations.void(letter, by=make_user())

    with pytest.raises(invitations.InvitationRefused):
        use(letter, codes[2])
    with pytest.raises(invitations.InvitationRefused):
        token_for(letter, codes[2], hide(letter)[1])
    assert token_for(letter, codes[1], blinded) == answer
    finish(letter, token, answer, inverse)
    assert (letter.signatures.count(), letter.waiting.count()) == (1, 1)
    assert letter.sheets.valid().exists() is False


def test_nothing_is_used_before_the_letter_can_be_signed_or_after():
    letter = make_letter()
    codes = make_invitations(letter)
    blinded = hide(letter)[1]
    Letter.objects.filter(pk=letter.pk).update(
        opens_at=Now() - timedelta(days=2), closes_at=Now() - timedelta(days=1)
    )

    for attempt in (
        lambda: use(letter, codes[0]),
        lambda: token_for(letter, codes[0], blinded),
        lambda: token_for(letter, "2" * 16, blinded),
    ):
        with pytest.raises(LetterNotOpen):
            attempt()
    assert letter.invitations.unused().count() == 10


def test_closing_forgets_all_codes_and_destroys_the_keys(settings, django_capture_on_commit_callbacks):
    letter = make_letter()
    make_invitations(letter)
    path = settings.KEYS_DIR / letter.public_keys.get(proof=Proof.INVITATION).private_name
    assert path.exists()

    with django_capture_on_commit_callbacks(execute=True):
        letters.close(letter)

    assert (letter.invitations.count(), path.exists()) == (0, False)
    with pytest.raises(LetterNotOpen):
        make_invitations(letter)


def test_draft_has_no_invitations():
    with pytest.raises(LetterNotOpen):
        make_invitations(make_draft())
    assert (Invitation.objects.count(), Sheet.objects.count()) == (0, 0)


def test_rows_are_in_no_order_that_the_paper_has():
    letter = make_letter()

    codes = make_invitations(letter, 50)

    stored = [bytes(row.code_hash) for row in letter.invitations.all()]
    assert sorted(stored) == sorted(typed.digest(code) for code in codes)
    assert {type(row.pk.version) for row in letter.invitations.all()} == {int}
    assert {field.name for field in Invitation._meta.fields} == {
        "id",
        "letter",
        "proof",
        "code_hash",
        "blinded_hash",
    }


def test_codes_are_distinct_and_say_which_key_signs():
    letter = make_letter()

    current = make_invitations(letter, 200)
    former = make_invitations(letter, 200, proof=Proof.FORMER)

    assert len({*current, *former}) == 400
    assert {code[0] == typed.FORMER for code in current} == {False}
    assert {code[0] for code in former} == {typed.FORMER}


def test_letter_has_so_many_and_no_more(monkeypatch):
    monkeypatch.setattr(Sheet, "MOST", 30)
    letter = make_letter()
    codes = make_invitations(letter, 20)
    use(letter, codes[0])

    with pytest.raises(invitations.TooManyInvitations):
        make_invitations(letter, 11)
    make_invitations(letter, 10)

    assert letter.sheets.printed() == 30
    invitations.void(letter, by=make_user())
    make_invitations(letter, 30)


def test_events_tell_who_printed_and_no_code():
    letter = make_letter()
    codes = make_invitations(letter)

    event = AuditEvent.objects.get(verb="invitations_printed")

    assert (event.letter, event.actor) == (letter, letter.memberships.get().user)
    assert event.object_id == str(letter.sheets.get().pk)
    assert [code for code in codes if code in event.object_id] == []


def test_number_says_what_came_by_invitation():
    count = {
        "total": 1203,
        "named": 3,
        "anonymous": {"sealed": 1200, "by_policy": 0},
        "by_proof": {"mailbox": 1, "invitation": 1201, "former": 1},
    }

    assert count_sentences(count, ["example.test"])[2:] == [
        "1,201 distinct invitations that organizers handed out; to whom, this site does not know.",
        "1 distinct invitation meant for former employees; to whom it went, this site does not know.",
    ]


def test_receipt_belongs_to_one_code_and_one_attempt():
    letter = make_letter()
    made = {typed.receipt_from(str(letter.public_id), code, attempt) for code in "ab" for attempt in "xy"}

    assert len(made) == 4
    assert all(typed.is_receipt(receipt) for receipt in made)
    assert signatures.has_receipt(letter, made.pop()) is False
