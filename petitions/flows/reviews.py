"""Reviewing what signers wrote: names that were held back, and statements before they are shown.

`seen` is the digest of the words that the organizer read: a signer may have changed them since.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from petitions import erasures
from petitions.erasures import Kind
from petitions.flows import audit, signatures, snapshots
from petitions.models import Signature
from petitions.models.signatures import SignatureQuerySet

MOST_PINNED = 12


class TooManyPinned(Exception):
    """Where everybody stands above, nobody does."""


@transaction.atomic
def approve(signature: Signature, *, seen: str, by: User) -> bool:
    """Show the name as it was typed. False when it was not, or no longer, held back, or has changed."""
    signature.letter.share_lock()
    if not _as_seen(signature, seen).filter(is_under_review=True).update(is_under_review=False):
        return False
    snapshots.thaw(signature.letter)
    audit.record("name_approved", letter=signature.letter, by=by)
    return True


@transaction.atomic
def show_statement(signature: Signature, *, seen: str, is_shown: bool, by: User) -> bool:
    """Put the statement on the public list, or take it off. False when nothing changed, or the words have."""
    undecided = Q(shows_statement=not is_shown) | Q(is_statement_waiting=True)
    rows = _as_seen(signature, seen).filter(undecided).exclude(statement="")
    if not rows.update(shows_statement=is_shown, is_statement_waiting=False):
        return False
    (erasures.take_back if is_shown else erasures.note)(Kind.STATEMENT, signature.pk)
    audit.record("statement_shown" if is_shown else "statement_not_shown", letter=signature.letter, by=by)
    return True


@transaction.atomic
def pin(signature: Signature, *, seen: str, is_pinned: bool, by: User) -> bool:
    """Let the line stand above the others, or no longer. Raises `TooManyPinned`. False as for statements."""
    letter = signature.letter
    letter.hold_row()  # one organizer after the other
    if is_pinned and letter.signatures.all().named().filter(is_pinned=True).count() >= MOST_PINNED:
        raise TooManyPinned
    rows = _as_seen(signature, seen).filter(is_pinned=not is_pinned, is_under_review=False)
    if not rows.update(is_pinned=is_pinned):
        return False
    audit.record("pinned" if is_pinned else "unpinned", letter=letter, by=by)
    return True


@transaction.atomic
def hide(signature: Signature, *, seen: str, reason: str, by: User) -> bool:
    """Take a line off the list; it goes on counting, and only its signer can reveal it. False as for statements.

    The event says why and not which: the row is anonymous from now on.
    """
    signature.letter.share_lock()
    if not _as_seen(signature, seen).exists():
        return False
    signatures.hide_row(signature)
    audit.record("line_hidden", letter=signature.letter, by=by, about=reason)
    return True


def _as_seen(signature: Signature, seen: str) -> SignatureQuerySet:
    """The signature while its words are those that were read; otherwise nothing."""
    if signature.words_digest != seen:
        return Signature.objects.none()
    words = {"name": signature.name, "role": signature.role, "statement": signature.statement}
    return Signature.objects.named().filter(pk=signature.pk, **words)
