"""Following a letter: an address of its own, sealed, confirmed by a code, joined to no signature."""

from __future__ import annotations

from django.db import transaction

from petitions import erasures, subscribers
from petitions.crypto import typed
from petitions.erasures import Kind
from petitions.flows import proofs
from petitions.models import Letter, Subscription
from petitions.pending import Pending


def confirm(letter: Letter, pending: Pending, code: str) -> None:
    """Turn the right code into one subscription. Raises `proofs.CodeRefused`."""
    try:
        proofs.check(pending, code)
        _follow_once(letter, pending)
    except proofs.CodeUsed:
        if not Subscription.objects.filter(letter=letter, mark=bytes.fromhex(pending.mark)).exists():
            raise


@transaction.atomic
def _follow_once(letter: Letter, pending: Pending) -> None:
    proofs.consume(pending)
    mark = bytes.fromhex(pending.mark)
    if Subscription.objects.filter(letter=letter, mark=mark).exists():
        return
    subscription = subscribers.sealed(letter, address=pending.address, mark=mark)
    Subscription.objects.bulk_create([subscription], ignore_conflicts=True)


def find(secret: str) -> Subscription | None:
    return Subscription.objects.select_related("letter").filter(secret_hash=typed.digest(secret)).first()


@transaction.atomic
def end(secret: str) -> None:
    """Gone with what was still to be sent to it; harmless to repeat. No signature is touched.

    Locked first: a notice that is being written at this moment goes along.
    """
    mine = Subscription.objects.filter(secret_hash=typed.digest(secret))
    erasures.note(Kind.SUBSCRIPTION, *[row.pk for row in mine.select_for_update()])
    mine.delete()
