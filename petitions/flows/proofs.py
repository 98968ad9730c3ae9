"""Requesting a code and checking it."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from petitions import limits, mail
from petitions.codes import sender
from petitions.crypto import keys, marks, typed
from petitions.flows import audit, bursts
from petitions.flows.bursts import Asking
from petitions.limits import Try
from petitions.models import Challenge, Domain, Letter, Version
from petitions.models.prepared import Asked
from petitions.pending import Pending


class CodeRefused(Exception):
    """The code does not open the door."""


class WrongCode(CodeRefused):
    """Not the code that was sent; tries are left."""


class CodeSpent(CodeRefused):
    """Expired, used, or tried too often."""


class CodeUsed(CodeSpent):
    """The right code, typed again: whoever finds its effect may answer as the first time."""


class TooSoon(Exception):
    """The newest code left moments ago and may still be on its way."""


def request_code(letter: Letter, *, purpose: str, address: str, **asked: Any) -> Pending:
    """Send a code and return what the asker's cookie is to hold. Raises `codes.Busy`.

    A mailbox that had its codes for today, or whose domain is frozen, gets none, and whoever asked is not told.
    """
    pending, code = challenge(letter, purpose=purpose, address=address, **asked)
    _send(letter, pending, code)
    return pending


def request_again(letter: Letter, pending: Pending) -> Pending:
    """A new code for the same request. Raises `codes.Busy`, `TooSoon`."""
    if is_young(pending):
        raise TooSoon
    return request_anew(letter, pending)


def is_young(pending: Pending) -> bool:
    """Whether its code may still be on its way."""
    wait = timedelta(seconds=settings.CODE_WAIT_SECONDS)
    return Challenge.objects.younger_than(wait).filter(pk=UUID(pending.challenge)).exists()


def request_anew(letter: Letter, pending: Pending) -> Pending:
    """A code for a request that was made whole elsewhere. Raises `codes.Busy`."""
    pending, code = _with_new_code(pending)
    _send(letter, pending, code)
    return pending


def challenge(
    letter: Letter,
    *,
    purpose: str,
    address: str,
    domain: Domain | None = None,
    version: str = "",
    **shown: str,
) -> tuple[Pending, str]:
    """A request and the code that fulfils it, sent to nobody yet. Without a version, the text in force was read.

    The address came through a form.
    """
    ignores_dots = bool(domain and domain.ignores_dots)
    pending = Pending(
        purpose=purpose,
        challenge="",
        code_hash="",
        mark=_mark(letter, purpose, marks.spelled(address, ignores_dots=ignores_dots)).hex(),
        receipt=typed.new_receipt(),
        address=address,
        ignores_dots=ignores_dots,
        version=version or (Version.in_force(letter).sha256 if purpose == "sign" else ""),
        **shown,
    )
    return _with_new_code(pending)


def check(pending: Pending, code: str) -> None:
    """Return for the right code while it may be used. Raises `WrongCode`, `CodeSpent`, `CodeUsed`.

    The try is counted before anything is decided, so that parallel guesses cannot share one.
    """
    is_right = _is_right(pending, code)
    if not Challenge(pk=UUID(pending.challenge)).spend_try():
        raise CodeUsed if is_right else CodeSpent
    if not is_right:
        raise WrongCode
    note_typed(pending)


def consume(pending: Pending) -> None:
    """Use the code up, inside the transaction that acts on it. Raises `CodeUsed` for all but one."""
    if not Challenge(pk=UUID(pending.challenge)).consume():
        raise CodeUsed


def require_right(pending: Pending, code: str) -> None:
    """For who goes on to take it, which counts. Raises `WrongCode`, `CodeSpent`."""
    if not _is_right(pending, code):
        raise WrongCode if Challenge(pk=UUID(pending.challenge)).spend_try() else CodeSpent


def taking(pending: Pending) -> Asked:
    """Count the try of the right code and use it up, as `consume` and in its place.

    To be asked together with what follows. Tells 0 to all but one, who are to get `CodeUsed`.
    """
    return Challenge.taking(UUID(pending.challenge))


def note_typed(pending: Pending) -> None:
    """Once a code was used up or a try was counted: otherwise one code could be typed for many."""
    bursts.note_typed(_mailbox(pending))


def mark_key(letter: Letter, purpose: str) -> bytes:
    """The letter's key for marks. One that was lost in mid-letter is made anew, and that is written down."""
    try:
        return keys.read(settings.KEYS_DIR, letter.key_name(purpose))
    except keys.KeyMissing:
        audit.record("key_remade", letter=letter, about=purpose)
        return keys.read_or_create(settings.KEYS_DIR, letter.key_name(purpose))


def _mark(letter: Letter, purpose: str, mailbox: str) -> bytes:
    return marks.mark(
        mark_key(letter, purpose), purpose=purpose, letter=str(letter.public_id), mailbox=mailbox
    )


def _with_new_code(pending: Pending) -> tuple[Pending, str]:
    code, pk = typed.new_code(), Challenge.begin().hex
    return replace(pending, challenge=pk, code_hash=_code_hash(pk, code)), code


def _send(letter: Letter, pending: Pending, code: str) -> None:
    """The same work whether or not the mailbox is to get the mail, so that time tells no more than words."""
    sender.require_room()  # before the limit, so that a full queue says the same to every mailbox
    mailbox = _mailbox(pending)
    message = mail.code(pending.address, code=typed.grouped(code))
    # A recipient, who makes no mark, proves who they are and not where they work: no burst of signers silences them.
    asking = Asking.of_signer(letter, mailbox) if pending.mark else Asking(mailbox)
    number, *counted = limits.counts(Try(limits.CODES, ("mailbox", mailbox)), *asking.tries)
    is_within, is_calm = number <= limits.CODES.amount, asking.is_calm(counted)
    sender.send(message if is_within and is_calm else None)


def _mailbox(pending: Pending) -> str:
    """Its address came through a form."""
    return marks.spelled(pending.address, ignores_dots=pending.ignores_dots)


def _is_right(pending: Pending, code: str) -> bool:
    return hmac.compare_digest(_code_hash(pending.challenge, code), pending.code_hash)


def _code_hash(challenge: str, code: str) -> str:
    return typed.digest(f"{challenge}:{code}").hex()
