"""Sealed signatures: a token is issued to a mailbox without being seen, and counts when it comes back.

`docs/sealed.md` is the protocol; RFC 9474 the cryptography.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import IntegrityError, transaction

from petitions.crypto import blind, keys, tokens, typed
from petitions.flows import proofs, signatures
from petitions.flows.signatures import AlreadySigned, Seal, Shown
from petitions.models import Appear, Letter, Mark, Proof, PublicKey, Signature, WaitingSignature
from petitions.pending import Pending


class NoToken(Exception):
    """What was asked for is not an anonymous signature, or the letter gives no tokens any more."""


class TokenRefused(Exception):
    """Not a token of this letter, or its signature is not that of the letter's key."""


@dataclass(frozen=True)
class Issued:
    """The site's blind signature, and the key that made it."""

    blind_signature: bytes
    key_id: str


def make_key(letter: Letter, proof: str) -> PublicKey:
    """The letter's key for this proof, made once; the private half is on disk before the public one is committed."""
    found = letter.public_keys.filter(proof=proof).first()
    if found:
        return found
    private = _made(PublicKey(letter=letter, proof=proof).private_name)
    spki = blind.public_bytes(private.public_key())
    return PublicKey.objects.create(letter=letter, proof=proof, spki=spki, key_id=blind.key_id(spki))


def key_of(letter: Letter, proof: str) -> PublicKey | None:
    """With its letter, whose key line it shows."""
    return letter.public_keys.select_related("letter").filter(proof=proof).first()


def are_few(letter: Letter) -> bool:
    """Whether whoever hands in a token now stands in a crowd smaller than a batch."""
    return letter.marks.exclude(blinded_hash=None).count() < letter.batch_size


def issue(letter: Letter, pending: Pending, code: str, blinded: bytes) -> Issued:
    """Sign a hidden token for whoever typed the right code. The same hidden token again gets the same answer.

    Raises `proofs.CodeRefused`, `AlreadySigned`, `signatures.LetterNotOpen`, `NoToken`, `blind.BlindedNotUsable`.
    """
    key = key_of(letter, Proof.MAILBOX)
    if key is None or not pending.is_anonymous:
        raise NoToken
    issued = blindly(key, blinded)
    try:
        proofs.check(pending, code)
        _mark_once(letter, pending, blinded)
    except (proofs.CodeUsed, AlreadySigned):
        if not _was_issued(letter, pending, blinded):
            raise
    return issued


@transaction.atomic
def _mark_once(letter: Letter, pending: Pending, blinded: bytes) -> None:
    """Nothing is given away unless this commits."""
    proofs.consume(pending)
    signatures.enter(letter)
    hashed = {"blinded_hash": typed.digest(tokens.to_text(blinded))}
    if not Mark.objects.get_or_create(letter=letter, value=bytes.fromhex(pending.mark), defaults=hashed)[1]:
        raise AlreadySigned


def _was_issued(letter: Letter, pending: Pending, blinded: bytes) -> bool:
    """The answer got lost, and the same browser asks for the same again."""
    mine = letter.marks.filter(value=bytes.fromhex(pending.mark))
    return mine.filter(blinded_hash=typed.digest(tokens.to_text(blinded))).exists()


def blindly(key: PublicKey, blinded: bytes) -> Issued:
    """What the key makes of a hidden token; to be given away by nobody but the flow that took its proof.

    Raises `NoToken` when the letter was closed, `blind.BlindedNotUsable`.
    """
    try:
        return Issued(blind.blind_sign(_private(key.private_name), blinded), key.key_id)
    except keys.KeyMissing:
        raise NoToken from None


def redeem(letter: Letter, line: str, signature: str) -> None:
    """Count a token; the same again changes nothing. Raises `TokenRefused`, `signatures.LetterNotOpen`."""
    token, seal = _checked(letter, line, signature)
    number = bytes.fromhex(token.number)
    try:
        _count_once(letter, number, seal)
    except IntegrityError:  # another process was faster with the same number
        if not _is_counted(number, letter=letter):
            raise TokenRefused from None


@transaction.atomic
def _count_once(letter: Letter, number: bytes, seal: Seal) -> None:
    letter.share_lock()  # no batch moves a row between looking and storing
    if _is_counted(number, letter=letter):
        return
    if _is_counted(number):  # by another letter: a receipt belongs to one signature
        raise TokenRefused
    signatures.enter(letter)
    shown = Shown(Appear.ANONYMOUS)
    signatures.store(letter, shown, receipt_hash=number, proof=seal.key.proof, seal=seal)


def _is_counted(number: bytes, **where: Letter) -> bool:
    models = (Signature.objects, WaitingSignature.objects)
    return any(rows.filter(receipt_hash=number, **where).exists() for rows in models)


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
