"""Reviewing what signers wrote: names that were held back, and statements before they are shown."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions.flows import audit, snapshots
from petitions.models import Signature


@transaction.atomic
def approve(signature: Signature, *, by: User) -> bool:
    """Show the name as it was typed. False when it was not, or no longer, held back."""
    held = Signature.objects.named().filter(pk=signature.pk, is_under_review=True)
    if not held.update(is_under_review=False):
        return False
    snapshots.thaw(signature.letter)
    audit.record("name_approved", letter=signature.letter, by=by)
    return True


@transaction.atomic
def show_statement(signature: Signature, *, is_shown: bool, by: User) -> bool:
    """Put the statement on the public list, or take it off. False when nothing changed."""
    named = (
        Signature.objects.named().filter(pk=signature.pk, shows_statement=not is_shown).exclude(statement="")
    )
    if not named.update(shows_statement=is_shown):
        return False
    audit.record("statement_shown" if is_shown else "statement_not_shown", letter=signature.letter, by=by)
    return True
