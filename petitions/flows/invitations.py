"""Invitations: printing codes, using one for a signature or for a token, voiding the rest."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions import erasures
from petitions.crypto import typed
from petitions.crypto.tokens import to_text
from petitions.erasures import Kind
from petitions.flows import audit, signatures, tokens
from petitions.flows.signatures import LetterNotOpen, Shown, TextCorrected
from petitions.flows.tokens import Issued
from petitions.models import Invitation, Letter, Proof, Sheet


class InvitationRefused(Exception):
    """Wrong, used or void: which of them, nobody is told."""


class TooManyInvitations(Exception):
    """The letter has as many as it may have."""


@transaction.atomic
def print_sheet(letter: Letter, *, proof: str, number: int, by: User) -> list[str]:
    """New codes for one sheet. In plain they exist in what this returns, and nowhere else.

    Raises `LetterNotOpen`: the address that stands on the sheet is settled when the letter opens;
    `TooManyInvitations`.
    """
    _hold_open(letter)
    if letter.sheets.valid().printed() + number > Sheet.MOST:
        raise TooManyInvitations
    tokens.make_key(letter, proof)
    codes = [typed.new_invitation(is_former=proof == Proof.FORMER) for _ in range(number)]
    hashes = sorted(typed.digest(code) for code in codes)  # in no order that the paper has
    letter.invitations.bulk_create(Invitation(letter=letter, proof=proof, code_hash=each) for each in hashes)
    sheet = letter.sheets.create(proof=proof, number=number)
    audit.record("invitations_printed", letter=letter, by=by, about=sheet.pk)
    return codes


@transaction.atomic
def void(letter: Letter, *, by: User) -> None:
    """No code that is unused can be used any more. How many those were is not said. Raises `LetterNotOpen`."""
    _hold_open(letter)
    unused = letter.invitations.unused()
    erasures.note(Kind.INVITATION, *unused.values_list("pk", flat=True))
    unused.delete()
    letter.sheets.valid().update(is_void=True)
    audit.record("invitations_voided", letter=letter, by=by)


def sign(letter: Letter, code: str, shown: Shown, receipt: str, *, version: str) -> None:
    """Turn a code into one signature. The same with the same receipt is answered the same, without a second one.

    `version` is the hash of the text that was read. Raises `InvitationRefused`, `TextCorrected`, `LetterNotOpen`.
    """
    try:
        _sign_once(letter, code, shown, receipt, version)
    except (InvitationRefused, TextCorrected, LetterNotOpen):
        if not signatures.has_receipt(letter, receipt):
            raise  # otherwise it was this very request that signed, and its answer was lost


@transaction.atomic
def _sign_once(letter: Letter, code: str, shown: Shown, receipt: str, version: str) -> None:
    # Enter before holding the invitation's row: whoever closes the letter removes that row.
    signatures.require_same_text(signatures.enter(letter), version)
    invitation = letter.invitations.filter(code_hash=typed.digest(code)).first()
    if invitation is None or not invitation.consume():
        raise InvitationRefused
    signatures.store(letter, shown, receipt_hash=typed.digest(receipt), proof=invitation.proof)


def issue(letter: Letter, code: str, blinded: bytes, *, version: str) -> Issued:
    """Sign a hidden token for whoever has a code. The same hidden token again gets the same answer.

    Raises `InvitationRefused`, `TextCorrected`, `LetterNotOpen`, `tokens.NoToken`, `blind.BlindedNotUsable`.
    """
    hashed = typed.digest(to_text(blinded))
    invitation = letter.invitations.usable_for(hashed).filter(code_hash=typed.digest(code)).first()
    if invitation is None:
        raise InvitationRefused if letter.can_be_signed() else LetterNotOpen
    issued = tokens.blindly(letter.public_keys.get(proof=invitation.proof), blinded)
    if invitation.is_unused:  # otherwise this very token was signed before, and its answer was lost
        _consume_for(letter, invitation, hashed, version)
    return issued


@transaction.atomic
def _consume_for(letter: Letter, invitation: Invitation, hashed: bytes, version: str) -> None:
    """Nothing is given away unless this commits."""
    signatures.require_same_text(signatures.enter(letter), version)
    if not invitation.consume_for(hashed):
        raise InvitationRefused


def _hold_open(letter: Letter) -> None:
    """Its row, until commit: two who print, or print and void, come one after the other."""
    mine = Letter.objects.filter(pk=letter.pk, state=Letter.State.OPEN)
    if mine.select_for_update(no_key=True).first() is None:
        raise LetterNotOpen
