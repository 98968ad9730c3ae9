"""Snapshots: asked for in a transaction, frozen by a worker, made anew until the first mail is out."""

from __future__ import annotations

from petitions.documents import pictures
from petitions.documents.letters import papers_of
from petitions.models import Delivery, Letter, Snapshot
from petitions.models.prepared import Asked


class NumberTaken(Exception):
    """Somebody closed the letter, or delivered it to others, meanwhile."""


def next_number(letter: Letter) -> int:
    last = letter.snapshots.order_by("-number").first()
    return last.number + 1 if last else 1


def ask(letter: Letter, *, reason: str, number: int) -> tuple[Snapshot, bool]:
    """The letter's snapshot with this number, and whether this call made it. Raises `NumberTaken`.

    Belongs inside the letter's exclusive lock: whoever changes a signature meanwhile is seen by the picture.
    """
    snapshot, is_new = Snapshot.objects.get_or_create(
        letter=letter, number=number, defaults={"reason": reason, "version": letter.version}
    )
    if snapshot.reason != reason:
        raise NumberTaken
    return snapshot, is_new


def close(letter: Letter) -> None:
    """The picture at closing: its count now, inside the closing transaction; list and hash by a worker."""
    count = letter.signatures.all().tally().as_json()
    Snapshot.objects.create(
        letter=letter,
        number=next_number(letter),
        reason=Snapshot.Reason.CLOSING,
        version=letter.version,
        count=count,
        is_settled=True,
    )


def thaw(letter: Letter) -> None:
    """Something public changed: pictures of a delivery that nobody has received are made anew."""
    Snapshot.thaw(letter)


def thawing(letter: Letter) -> Asked:
    """The same, to be asked together with that change."""
    return Snapshot.thawing(letter)


def freeze(snapshot: Snapshot) -> bool:
    """Count and list, outside of any lock; False when it changed meanwhile and is to be frozen again."""
    count = snapshot.count or snapshot.letter.signatures.all().tally().as_json()
    names = pictures.names(snapshot.letter)
    kept = None if snapshot.is_settled else names
    return snapshot.freeze(
        count=count,
        names=kept,
        papers=papers_of(snapshot.letter),
        sha256=pictures.digest(snapshot, count, names),
    )


def freeze_due() -> None:
    for snapshot in Snapshot.objects.to_freeze().select_related("letter", "version"):
        freeze(snapshot)


def settle() -> None:
    """When its last copy is final, a snapshot's list goes and it changes no more; count and hash stay."""
    unfinished = Delivery.objects.letters().unfinished().values("snapshot")
    frozen = Snapshot.objects.frozen().filter(is_settled=False)
    frozen.exclude(pk__in=unfinished).update(names=None, is_settled=True)
