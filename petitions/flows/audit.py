"""Writing down who did what, without personal values, in a chain that shows what was changed afterwards.

`docs/audit.md` says what the chain proves and what not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from petitions.documents.canonical import sha256_hex
from petitions.models import AuditChain, AuditEvent, Letter


@dataclass(frozen=True)
class Break:
    """The first event at which the chain does not hold."""

    number: int
    verb: str
    why: str


@transaction.atomic(savepoint=False)
def record(verb: str, *, letter: Letter | None, by: User | None = None, about: object = "") -> AuditEvent:
    """One event, in the transaction of what it tells; `about` is an id.

    From here to commit nobody else writes one, so it belongs at the transaction's end, after all other locks.
    """
    end = AuditChain.next_link()
    event = AuditEvent(
        number=end.number, letter=letter, actor=by, verb=verb, object_id=str(about), at=end.moved_at
    )
    event.sha256 = link(end.sha256, event)
    event.save(force_insert=True)
    AuditChain.objects.update(sha256=event.sha256)
    return event


def link(before: str, event: AuditEvent) -> str:
    return sha256_hex({"before": before} | event.facts())


def broken(*, known: str = "") -> Break | None:
    """Where the chain does not hold; None when it does. `known` is an end of it that somebody wrote down."""
    with transaction.atomic():
        chain = AuditChain.only()
        yet_unseen = {known} - {"", chain.forgotten_sha256}
        last = None
        for event, why in _walked(chain):
            if why:
                return Break(event.number, event.verb, why)
            yet_unseen.discard(event.sha256)
            last = event
        end = (last.number, last.sha256) if last else (chain.forgotten_number, chain.forgotten_sha256)
        if end != (chain.number, chain.sha256):
            return Break(end[0] + 1, "", "The newest events are missing, or more than the chain's end knows.")
        if yet_unseen:
            return Break(chain.number, "", "The hash that you know is not in the chain.")
    return None


def _walked(chain: AuditChain) -> Iterator[tuple[AuditEvent, str]]:
    """Each event from the oldest, with what is wrong with it."""
    number, sha256 = chain.forgotten_number, chain.forgotten_sha256
    for event in AuditEvent.objects.order_by("number").iterator():
        yield event, _wrong(event, number, sha256)
        number, sha256 = event.number, event.sha256


def _wrong(event: AuditEvent, number: int, sha256: str) -> str:
    if event.number != number + 1:
        return f"Before it stands number {number}: what was between them is missing."
    if event.sha256 != link(sha256, event):
        return "Its hash does not belong to it and to the one before it."
    return ""


@transaction.atomic
def forget(number: int) -> int:
    """Let the oldest stale events go, at most so many, one after the other, and keep the hash of the last one."""
    gone = list(AuditEvent.objects.stale().order_by("number")[:number])
    for event in gone:
        AuditEvent.objects.filter(pk=event.pk).delete()
    if gone:
        AuditChain.objects.update(forgotten_number=gone[-1].number, forgotten_sha256=gone[-1].sha256)
    return len(gone)
