"""What a signer does with a receipt: change, hide, reveal, withdraw, return."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.db import transaction

from petitions import erasures
from petitions.crypto import typed
from petitions.erasures import Kind
from petitions.flows import signatures
from petitions.models import Signature, Version, WaitingSignature

Rest = ParamSpec("Rest")


class NoSuchReceipt(Exception):
    """No signature belongs to this receipt."""


class DeclaredInvalid(Exception):
    """The organizers declared it invalid: as long as that stands, no receipt makes it count again."""


def find(receipt: str) -> Signature | WaitingSignature:
    """The signature of a receipt, waiting or not. Raises `NoSuchReceipt`.

    Looked for as rows move: out of the queue into the table, so that none slips by between the two.
    """
    mine = {"receipt_hash": typed.digest(receipt)}
    for model in (WaitingSignature, Signature):
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
def change(receipt: str, shown: signatures.Shown) -> None:
    """Appear differently: correct a line, hide a name, or reveal one by typing it again.

    Raises `NoSuchReceipt`; `signatures.LetterNotOpen` where it would add a line to a letter that is over;
    `DeclaredInvalid` where a new row would take the place of one that must not count.
    """
    signature = _locked(receipt)
    if shown.is_anonymous:
        signatures.hide_row(signature)
    elif isinstance(signature, Signature) and signature.is_named and not signature.is_withdrawn:
        _rewrite(signature, shown)
    else:
        _require_valid(signature)
        _replace(signature, shown, version=signature.version)


@_followed
@transaction.atomic
def withdraw(receipt: str) -> None:
    """Count no longer, and erase name, role and statement. The mark is not freed. Raises `NoSuchReceipt`."""
    withdraw_row(_locked(receipt))


def withdraw_row(signature: Signature | WaitingSignature) -> None:
    """Inside the letter's lock. Harmless to repeat."""
    if signature.receipt_hash is not None:
        erasures.note(Kind.WITHDRAWN, bytes(signature.receipt_hash))
    if isinstance(signature, WaitingSignature):
        _leave_the_queue(signature)
        return
    there = Signature.objects.filter(pk=signature.pk).exclude(state=Signature.State.WITHDRAWN)
    if signatures.lose_words(there, state=Signature.State.WITHDRAWN):
        signatures.tell_of_change(signature.letter)


@_followed
@transaction.atomic
def come_back(receipt: str, shown: signatures.Shown) -> None:
    """A withdrawn signer returns with the same receipt, under the text in force. Raises as `change` does."""
    signature = _locked(receipt)
    if isinstance(signature, Signature) and signature.is_withdrawn:
        _require_valid(signature)
        _replace(signature, shown)


def _locked(receipt: str) -> Signature | WaitingSignature:
    """The signature, read again under the letter's lock: a batch may be published meanwhile."""
    find(receipt).letter.share_lock()
    return find(receipt)


def _require_valid(signature: Signature | WaitingSignature) -> None:
    """Also asked of a withdrawn one. Raises `DeclaredInvalid`."""
    if isinstance(signature, Signature) and signature.invalidation_id is not None:
        raise DeclaredInvalid


def _rewrite(signature: Signature, shown: signatures.Shown) -> None:
    line = Signature.objects.telling().filter(pk=signature.pk)
    signatures.replace_words(line, **signatures.words(signature.letter, shown))
    signatures.tell_of_change(signature.letter)


def _replace(
    signature: Signature | WaitingSignature, shown: signatures.Shown, *, version: Version | None = None
) -> None:
    """From anonymous to named, or back from withdrawn: the old row goes, a new one comes, once.

    Without a version it is for the text in force.
    """
    signatures.enter(signature.letter)
    assert signature.receipt_hash is not None  # it was found by it
    if not type(signature).objects.filter(pk=signature.pk).delete()[0]:
        raise NoSuchReceipt
    erasures.take_back(Kind.WITHDRAWN, bytes(signature.receipt_hash))
    signatures.store(
        signature.letter,
        shown,
        receipt_hash=bytes(signature.receipt_hash),
        proof=signature.proof,
        seal=_seal_of(signature),
        version=version,
    )


def _seal_of(signature: Signature | WaitingSignature) -> signatures.Seal | None:
    """A token goes on proving its signature, for the text that it names."""
    if signature.sealed_by is None or signature.token_signature is None:
        return None
    return signatures.Seal(signature.version, signature.sealed_by, bytes(signature.token_signature))


def _leave_the_queue(waiting: WaitingSignature) -> None:
    if not WaitingSignature.objects.filter(pk=waiting.pk).delete()[0]:
        raise NoSuchReceipt
    Signature.objects.create(state=Signature.State.WITHDRAWN, **waiting.carried())
