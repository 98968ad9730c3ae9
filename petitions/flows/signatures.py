"""Signing, and hiding a name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec
from uuid import uuid4

from django.db import transaction

from petitions import erasures
from petitions.crypto import marks, typed
from petitions.erasures import Kind
from petitions.flows import milestones, proofs, snapshots
from petitions.forms import flags
from petitions.models import (
    Appear,
    Letter,
    Mark,
    Proof,
    PublicKey,
    Signature,
    Takedown,
    Version,
    WaitingSignature,
    Workplace,
    prepared,
)
from petitions.models.signatures import SignatureQuerySet
from petitions.models.waiting import WITH_RECEIPT
from petitions.models.words import searchable
from petitions.pending import Pending
from petitions.recent import recent

Rest = ParamSpec("Rest")


class AlreadySigned(Exception):
    """This mailbox has signed this letter before. Told to nobody but its holder, after the code."""


class LetterNotOpen(Exception):
    """The letter cannot be signed at this moment, by the database's clock."""


class TextCorrected(Exception):
    """The letter was corrected after it was read; the code stays good for whoever reads it again."""


@dataclass(frozen=True)
class Shown:
    """How a signer appears: exactly what is stored."""

    appear: str
    name: str = ""
    role: str = ""
    statement: str = ""

    @property
    def is_anonymous(self) -> bool:
        return self.appear == Appear.ANONYMOUS


@dataclass(frozen=True)
class Seal:
    """What makes an anonymous signature sealed: a token's version, key and signature."""

    version: Version
    key: PublicKey
    signature: bytes

    def fields(self) -> dict[str, object]:
        return {
            "kind": Signature.Kind.SEALED,
            "version": self.version,
            "sealed_by": self.key,
            "token_signature": self.signature,
        }


def sign(letter: Letter, pending: Pending, code: str) -> None:
    """Turn the right code into one signature. The same code again is answered the same, without a second one.

    Raises `proofs.CodeRefused`, `AlreadySigned`, `TextCorrected`, `LetterNotOpen`.
    """
    try:
        proofs.require_right(pending, code)
        _sign_once(letter, pending)
        proofs.note_typed(pending)
    except (proofs.CodeUsed, AlreadySigned):
        if not has_receipt(letter, pending.receipt):
            raise  # otherwise it was this very request that signed, and its answer was lost


def has_receipt(letter: Letter, receipt: str) -> bool:
    return WITH_RECEIPT(letter=letter.pk, receipt_hash=typed.digest(receipt))


@transaction.atomic
def _sign_once(letter: Letter, pending: Pending) -> None:
    version = enter_by_code(letter, pending)
    shown = Shown(pending.appear, pending.name, pending.role, pending.statement)
    workplace = workplace_shown(letter, pending)
    store(
        letter,
        shown,
        receipt_hash=typed.digest(pending.receipt),
        proof=Proof.MAILBOX,
        version=version,
        workplace=workplace,
    )


@recent
def _has_several_workplaces(letter: int) -> bool:
    return Letter(pk=letter).has_several_workplaces


def workplace_shown(letter: Letter, pending: Pending) -> Workplace | None:
    """Where a letter has several, a named line says which; with one it would say nothing, and is not kept."""
    if pending.is_anonymous or not _has_several_workplaces(letter.pk):
        return None
    domain = letter.domain(marks.split(pending.address)[1])
    return domain.workplace if domain else None


def require_same_text(version: Version, sha256: str) -> Version:
    """Nobody signs words that they have not read. Raises `TextCorrected`."""
    if sha256 != version.sha256:
        raise TextCorrected
    return version


def enter_by_code(letter: Letter, pending: Pending, *, blinded_hash: bytes | None = None) -> Version:
    """Use the code up, `enter`, and leave the mark, all on one way to the database.

    What is refused is to be rolled back with all that went the same way. Raises `proofs.CodeUsed`, `LetterNotOpen`,
    `TextCorrected`, `AlreadySigned`.
    """
    leaving = Mark.leaving(letter, pending.mark, blinded_hash=blinded_hash)
    taken, _, found, is_first = prepared.together(proofs.taking(pending), *Version.to_sign(letter), leaving)
    if not taken:
        raise proofs.CodeUsed
    version = require_same_text(_signable(found), pending.version)
    if not is_first:
        raise AlreadySigned
    return version


def enter(letter: Letter) -> Version:
    """Hold the letter's shared lock and be sure that it can be signed until commit, in this version."""
    return _signable(prepared.together(*Version.to_sign(letter))[1])


def _signable(found: list[Version]) -> Version:
    if not found:
        raise LetterNotOpen
    return found[0]


def store(
    letter: Letter,
    shown: Shown,
    *,
    receipt_hash: bytes,
    proof: str,
    seal: Seal | None = None,
    version: Version | None = None,
    workplace: Workplace | None = None,
) -> None:
    """Anonymous signatures wait for their batch, sealed ones with their proof; no version is the one in force."""
    common: dict[str, Any] = {"letter": letter, "receipt_hash": receipt_hash, "proof": proof}
    common |= {"version": version or letter.version}
    if shown.is_anonymous:
        kind = {"kind": Signature.Kind.BY_POLICY} if seal is None else seal.fields()
        WaitingSignature.objects.create(**common | kind)
        return
    added = Signature.objects.adding_named(words(letter, shown), workplace=workplace, **common)
    prepared.together(added, snapshots.thawing(letter))
    look_for_milestones(letter)


def words(letter: Letter, shown: Shown) -> dict[str, object]:
    """What a named row says. One that has a flag is held back until an organizer has looked."""
    return {
        "name": shown.name,
        "role": shown.role,
        "statement": shown.statement,
        "search": searchable(shown.name, shown.role),
        "is_under_review": bool(flags.of_line(shown.name, shown.role, flags.known(letter))),
        "is_pinned": False,
        "shows_statement": False,
        "is_statement_waiting": bool(shown.statement),
    }


NO_WORDS = {
    "workplace": None,
    "name": "",
    "role": "",
    "statement": "",
    "search": "",
    "is_pinned": False,
    "is_under_review": False,
    "shows_statement": False,
    "is_statement_waiting": False,
}


def tell_of_change(letter: Letter) -> None:
    """Snapshots that are not out yet are made anew; a milestone may have fallen, seen after commit."""
    snapshots.thaw(letter)
    look_for_milestones(letter)


def look_for_milestones(letter: Letter) -> None:
    transaction.on_commit(partial(milestones.glance, letter), robust=True)


@transaction.atomic
def hide(signature: Signature) -> None:
    """What an organizer may do after a takedown request; only the signer can reveal the name again."""
    signature.letter.share_lock()
    hide_row(signature)


def hide_row(signature: Signature | WaitingSignature) -> None:
    named = Signature.objects.telling().filter(pk=signature.pk)
    if lose_words(named, kind=Signature.Kind.BY_POLICY, signed_at=None):
        tell_of_change(signature.letter)


def lose_words(rows: SignatureQuerySet, **changes: object) -> bool:
    """Erase what one row says. False when the row was not there."""
    return replace_words(rows, **NO_WORDS, **changes)


def replace_words(rows: SignatureQuerySet, **changes: object) -> bool:
    """Of one row, which gets a new id: the old one stood beside its words, on public pages and in backups.

    By it the words are erased again after a restore. Takedown requests follow; foreign keys are checked at commit.
    """
    old, new = rows.values_list("pk", flat=True).first(), uuid4()
    if old is None:
        return False
    erasures.note(Kind.LINE, old)
    if not rows.update(id=new, **changes):
        return False
    Takedown.objects.filter(signature_id=old).update(signature_id=new)
    return True
