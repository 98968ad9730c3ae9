"""Publishing anonymous signatures together, so that neither the count nor the table tells who came when."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.db.models import Exists, OuterRef

from petitions.flows import signatures
from petitions.models import Letter, Signature, WaitingSignature
from petitions.models.waiting import publish

PIECE = 500  # rows in one statement


def publish_full(letter: Letter) -> int:
    """Publish what waits once it is a whole batch; the number published.

    Looked at before the lock too, which in each sweep would make signers wait for each other for nothing.
    """
    if not _is_full(letter):
        return 0
    with transaction.atomic():
        letter.hold_lock()
        return publish_waiting(letter) if _is_full(letter) else 0


def _is_full(letter: Letter) -> bool:
    return letter.waiting.count() >= letter.batch_size


def publish_waiting(letter: Letter) -> int:
    """Inside the letter's exclusive lock: everything that waits, in an order and under keys of pure chance.

    Who makes tokens chooses their numbers: one that stands in the table already must stop nobody's letter.
    """
    stands_already = Signature.objects.filter(receipt_hash=OuterRef("receipt_hash"))
    rows = list(letter.waiting.exclude(Exists(stands_already)).values_list("pk", flat=True))
    secrets.SystemRandom().shuffle(rows)
    for start in range(0, len(rows), PIECE):
        publish(rows[start : start + PIECE])
    WaitingSignature.objects.filter(letter=letter).delete()
    _count_tokens(letter)
    if rows:
        signatures.tell_of_change(letter)
    return len(rows)


def _count_tokens(letter: Letter) -> None:
    """Only now, with a batch: a number that moved with each token would say who came when."""
    for key in letter.public_keys.all():
        letter.public_keys.filter(pk=key.pk).update(issued=key.given())
