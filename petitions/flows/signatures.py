"""What signers do: sign, change, hide, withdraw, return. And publishing a batch of anonymous signatures."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Concatenate, ParamSpec

from django.db import transaction
from django.db.models.functions import Now

from petitions.crypto import typed
from petitions.flows import milestones, proofs, snapshots
from petitions.forms.people import mixes_scripts
from petitions.models import Appear, Letter, Mark, Proof, Signature, WaitingSignature
from petitions.models.signatures import searchable
from petitions.pending import Pending

Rest = ParamSpec("Rest")


class AlreadySigned(Exception):
    """This mailbox has signed this letter before. Told to nobody but its holder, after the code."""


class LetterNotOpen(Exception):
    """The letter cannot be signed at this moment, by the database's clock."""


class NoSuchReceipt(Exception):
    """No signature belongs to this receipt."""


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


def sign(letter: Letter, pending: Pending, code: str) -> None:
    """Turn the right code into one signature. The same code again is answered the same, without a second one.

    Raises `proofs.CodeRefused`, `AlreadySigned`, `LetterNotOpen`.
    """
    try:
        proofs.check(pending, code)
        _sign_once(letter, pending)
    except (proofs.CodeUsed, AlreadySigned):
        if not has_receipt(letter, pending.receipt):
            raise  # otherwise it was this very request that signed, and its answer was lost


def has_receipt(letter: Letter, receipt: str) -> bool:
    mine = {"letter": letter, "receipt_hash": typed.digest(receipt)}
    return Signature.objects.filter(**mine).exists() or WaitingSignature.objects.filter(**mine).exists()


@transaction.atomic
def _sign_once(letter: Letter, pending: Pending) -> None:
    proofs.consume(pending)
    _enter(letter)
    if not Mark.objects.get_or_create(letter=letter, value=bytes.fromhex(pending.mark))[1]:
        raise AlreadySigned
    shown = Shown(pending.appear, pending.name, pending.role, pending.statement)
    _store(letter, shown, receipt_hash=typed.digest(pending.receipt), proof=Proof.MAILBOX)


def _enter(letter: Letter) -> None:
    """Hold the letter's shared lock and be sure that it can be signed until commit."""
    letter.share_lock()
    if not Letter.objects.signable().filter(pk=letter.pk).exists():
        raise LetterNotOpen


def _store(letter: Letter, shown: Shown, *, receipt_hash: bytes, proof: str) -> None:
    common = {"letter": letter, "version": letter.version, "receipt_hash": receipt_hash, "proof": proof}
    if shown.is_anonymous:
        WaitingSignature.objects.create(kind=Signature.Kind.BY_POLICY, **common)
        return
    Signature.objects.create(kind=Signature.Kind.NAMED, signed_at=Now(), **_words(shown), **common)
    _tell_of_change(letter)


def _words(shown: Shown) -> dict[str, object]:
    return {
        "name": shown.name,
        "role": shown.role,
        "statement": shown.statement,
        "search": searchable(shown.name, shown.role),
        "is_under_review": mixes_scripts(f"{shown.name} {shown.role}"),
        "shows_statement": False,
    }


NO_WORDS = {
    "name": "",
    "role": "",
    "statement": "",
    "search": "",
    "is_under_review": False,
    "shows_statement": False,
}


def _tell_of_change(letter: Letter) -> None:
    """Snapshots that are not out yet are made anew; a milestone may have fallen, seen after commit."""
    snapshots.thaw(letter)
    transaction.on_commit(partial(milestones.check, letter), robust=True)


def find(receipt: str) -> Signature | WaitingSignature:
    """The signature of a receipt, waiting or not. Raises `NoSuchReceipt`."""
    mine = {"receipt_hash": typed.digest(receipt)}
    for model in (Signature, WaitingSignature):
        found = model.objects.select_related("letter").filter(**mine).first()
        if found:
            return found
    raise NoSuchReceipt


def _followed(act: Callable[Concatenate[str, Rest], None]) -> Callable[Concatenate[str, Rest], None]:
    """Once more when the row moved meanwhile: a batch was published, or the same button was pressed twice."""

    @wraps(act)
    def followed(receipt: str, *rest: Rest.args, **named: Rest.kwargs) -> None:
        try:
            act(receipt, *rest, **named)
        except NoSuchReceipt:
            act(receipt, *rest, **named)

    return followed


@_followed
@transaction.atomic
def change(receipt: str, shown: Shown) -> None:
    """Appear differently: correct a line, hide a name, or reveal one by typing it again.

    Raises `NoSuchReceipt`; `LetterNotOpen` where it would add a line to a letter that is over.
    """
    signature = _locked(receipt)
    if shown.is_anonymous:
        _hide(signature)
    elif isinstance(signature, Signature) and signature.is_named and not signature.is_withdrawn:
        _rewrite(signature, shown)
    else:
        _replace(signature, shown)


@_followed
@transaction.atomic
def withdraw(receipt: str) -> None:
    """Count no longer, and erase name, role and statement. The mark is not freed. Raises `NoSuchReceipt`."""
    signature = _locked(receipt)
    if isinstance(signature, WaitingSignature):
        _leave_the_queue(signature)
        return
    published = Signature.objects.counted().filter(pk=signature.pk)
    if published.update(state=Signature.State.WITHDRAWN, **NO_WORDS):
        _tell_of_change(signature.letter)


@_followed
@transaction.atomic
def come_back(receipt: str, shown: Shown) -> None:
    """A withdrawn signer returns with the same receipt, under the text in force. Raises as `change` does."""
    signature = _locked(receipt)
    if isinstance(signature, Signature) and signature.is_withdrawn:
        _replace(signature, shown)


@transaction.atomic
def hide(signature: Signature) -> None:
    """What an organizer may do after a takedown request; only the signer can reveal the name again."""
    signature.letter.share_lock()
    _hide(signature)


def publish_batch(letter: Letter) -> int:
    """Publish what waits once it is a whole batch; the number published."""
    with transaction.atomic():
        letter.hold_lock()
        if letter.waiting.count() < letter.batch_size:
            return 0
        return publish_waiting(letter)


def publish_waiting(letter: Letter) -> int:
    """Inside the letter's exclusive lock: everything that waits, in an order and under keys of pure chance."""
    rows = list(WaitingSignature.objects.filter(letter=letter))
    secrets.SystemRandom().shuffle(rows)
    fields = ("letter_id", "version_id", "kind", "proof", "receipt_hash")
    Signature.objects.bulk_create(
        [Signature(**{field: getattr(row, field) for field in fields}) for row in rows], batch_size=500
    )
    WaitingSignature.objects.filter(letter=letter).delete()
    if rows:
        _tell_of_change(letter)
    return len(rows)


def _locked(receipt: str) -> Signature | WaitingSignature:
    """The signature, read again under the letter's lock: a batch may be published meanwhile."""
    find(receipt).letter.share_lock()
    return find(receipt)


def _hide(signature: Signature | WaitingSignature) -> None:
    named = Signature.objects.named().filter(pk=signature.pk)
    if named.update(kind=Signature.Kind.BY_POLICY, signed_at=None, **NO_WORDS):
        _tell_of_change(signature.letter)


def _rewrite(signature: Signature, shown: Shown) -> None:
    Signature.objects.named().filter(pk=signature.pk).update(**_words(shown))
    _tell_of_change(signature.letter)


def _replace(signature: Signature | WaitingSignature, shown: Shown) -> None:
    """From anonymous to named, or back from withdrawn: the old row goes, a new one comes, once."""
    _enter(signature.letter)
    if not type(signature).objects.filter(pk=signature.pk).delete()[0]:
        raise NoSuchReceipt
    _store(signature.letter, shown, receipt_hash=bytes(signature.receipt_hash), proof=signature.proof)


def _leave_the_queue(waiting: WaitingSignature) -> None:
    if not WaitingSignature.objects.filter(pk=waiting.pk).delete()[0]:
        raise NoSuchReceipt
    fields = ("letter_id", "version_id", "kind", "proof", "receipt_hash")
    Signature.objects.create(
        state=Signature.State.WITHDRAWN,
        **{field: getattr(waiting, field) for field in fields},
    )
