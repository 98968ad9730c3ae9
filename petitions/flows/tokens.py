"""Sealed signatures: a token is issued to a mailbox without being seen, and counts when it comes back.

`docs/sealed.md` is the protocol; RFC 9474 the cryptography.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Value

from petitions.crypto import blind, keys, tokens, typed
from petitions.flows import proofs, signatures
from petitions.flows.signatures import AlreadySigned, Seal, Shown
from petitions.models import Appear, Letter, Proof, PublicKey, Signature, WaitingSignature, locks
from petitions.models.publickeys import OF_PROOF
from petitions.pending import Pending
from petitions.recent import recent


class NoToken(Exception):
    """What was asked for is not an anonymous signature, or the letter gives no tokens any more."""


class TokenRefused(Exception):
    """Not a token of this letter, or its signature is not that of the letter's key."""


class Withdrawn(Exception):
    """The signature of this token was withdrawn; with its receipt it can come back."""


@dataclass(frozen=True)
class Issued:
    """The site's blind signature, and the key that made it."""

    blind_signature: bytes
    key: PublicKey

    @property
    def key_id(self) -> str:
        return self.key.key_id


def make_key(letter: Letter, proof: str) -> PublicKey:
    """The letter's key for this proof, made once; the private half is on disk before the public one is committed."""
    found = letter.public_keys.filter(proof=proof).first()
    if found:
        return found
    private = _made(PublicKey(letter=letter, proof=proof).private_name)
    spki = blind.public_bytes(private.public_key())
    return PublicKey.objects.create(letter=letter, proof=proof, spki=spki, key_id=blind.key_id(spki))


@recent
def _key_of(letter: int, proof: str) -> PublicKey | None:
    return OF_PROOF.first(letter=letter, proof=proof)


def key_of(letter: Letter, proof: str) -> PublicKey | None:
    """With its letter, whose key line it shows. Once made it never changes."""
    key = _key_of(letter.pk, proof)
    if key:
        key.letter = letter
    return key


def are_few(key: PublicKey) -> bool:
    """Whether whoever hands in a token of this key now stands in a crowd smaller than a batch."""
    return key.given() < key.letter.batch_size


def issue(letter: Letter, pending: Pending, code: str, blinded: bytes) -> Issued:
    """Sign a hidden token for whoever typed the right code. The same hidden token again gets the same answer.

    Raises `proofs.CodeRefused`, `AlreadySigned`, `signatures.TextCorrected`, `signatures.LetterNotOpen`, `NoToken`,
    `blind.BlindedNotUsable`.
    """
    key = key_of(letter, Proof.MAILBOX)
    if not letter.is_open:
        raise signatures.LetterNotOpen
    if key is None or not pending.is_anonymous:
        raise NoToken
    try:
        # First: what follows costs more than anything else that a stranger can ask for.
        proofs.require_right(pending, code)
        private = _private_for(key, blinded)
        _mark_once(letter, pending, blinded)
        proofs.note_typed(pending)
    except (proofs.CodeUsed, AlreadySigned):
        if not _was_issued(letter, pending, blinded):
            raise
    return Issued(blind.blind_sign(private, blinded), key)


@transaction.atomic
def _mark_once(letter: Letter, pending: Pending, blinded: bytes) -> None:
    """Nothing is calculated, and nothing given away, unless this commits. Who is cut off after it asks again."""
    signatures.enter_by_code(letter, pending, blinded_hash=typed.digest(tokens.to_text(blinded)))


def _was_issued(letter: Letter, pending: Pending, blinded: bytes) -> bool:
    """The answer got lost, and the same browser asks for the same again."""
    mine = letter.marks.filter(value=bytes.fromhex(pending.mark))
    return mine.filter(blinded_hash=typed.digest(tokens.to_text(blinded))).exists()


def blindly(key: PublicKey, blinded: bytes) -> Issued:
    """What the key makes of a hidden token; to be given away by nobody but the flow that took its proof.

    Raises `NoToken` when the letter was closed, `blind.BlindedNotUsable`.
    """
    return Issued(blind.blind_sign(_private_for(key, blinded), blinded), key)


def _private_for(key: PublicKey, blinded: bytes) -> rsa.RSAPrivateKey:
    """What can sign this, before anything is used up for it. Raises as `blindly`."""
    try:
        private = _private(key.private_name)
    except keys.KeyMissing:
        raise NoToken from None
    blind.require_usable(private, blinded)
    return private


def redeem(letter: Letter, line: str, signature: str) -> None:
    """Count a token; the same again changes nothing.

    Raises `TokenRefused`, `Withdrawn`, `signatures.LetterNotOpen`.
    """
    token, seal = _checked(letter, line, signature)
    _count_once(letter, bytes.fromhex(token.number), seal)


@transaction.atomic
def _count_once(letter: Letter, number: bytes, seal: Seal) -> None:
    """The number is chosen by its holder, so whoever brings the same one, here or for another letter, takes turns."""
    locks.hold("number", number.hex())
    letter.share_lock()
    rows = receipts_with(number)
    if any(row["letter"] != letter.pk for row in rows):
        raise TokenRefused  # a receipt belongs to one signature
    if any(row["state"] == Signature.State.WITHDRAWN for row in rows):
        raise Withdrawn
    if rows:
        return
    signatures.enter(letter)
    shown = Shown(Appear.ANONYMOUS)
    signatures.store(letter, shown, receipt_hash=number, proof=seal.key.proof, seal=seal)


def receipts_with(number: bytes) -> list[Any]:
    """Letter and state of what has this number, asked in one statement: a row can move from table to table."""
    published = Signature.objects.filter(receipt_hash=number).values("letter", "state")
    waits = Value(Signature.State.PUBLISHED, output_field=CharField(max_length=9))
    waiting = (
        WaitingSignature.objects.filter(receipt_hash=number).annotate(state=waits).values("letter", "state")
    )
    return list(published.union(waiting))


def _checked(letter: Letter, line: str, signature: str) -> tuple[tokens.Token, Seal]:
    """Letter, version and key have to be this letter's; the signature is checked under that very key."""
    try:
        token, raw = tokens.Token.parse(line), tokens.from_text(signature)
    except (tokens.NotAToken, tokens.NotBase64):
        raise TokenRefused from None
    version = letter.versions.filter(sha256=token.version).first()
    key = letter.public_keys.filter(key_id=token.key_id).first()
    if token.letter != letter.slug or version is None or key is None:
        raise TokenRefused
    if not blind.verify(blind.load_public(bytes(key.spki)), token.message(), raw):
        raise TokenRefused
    return token, Seal(version, key, raw)


def _made(name: str) -> rsa.RSAPrivateKey:
    """The one on disk, which is another's when two make it at once."""
    drawn = blind.new_key()
    content = blind.private_bytes(drawn)
    keys.create(settings.KEYS_DIR, name, content)
    return drawn if keys.read(settings.KEYS_DIR, name) == content else _private(name)


def _private(name: str) -> rsa.RSAPrivateKey:
    return blind.load_private(keys.read(settings.KEYS_DIR, name))
