"""Snapshots: asked for in a transaction, frozen by a worker, made anew until the first mail is out."""

from __future__ import annotations

from petitions.documents.canonical import sha256_hex
from petitions.models import Delivery, Letter, Snapshot


def next_number(letter: Letter) -> int:
    last = letter.snapshots.order_by("-number").first()
    return last.number + 1 if last else 1


def ask(letter: Letter, *, reason: str, number: int) -> tuple[Snapshot, bool]:
    """The letter's snapshot with this number, and whether this call made it."""
    return Snapshot.objects.get_or_create(
        letter=letter, number=number, defaults={"reason": reason, "version": letter.version}
    )


def thaw(letter: Letter) -> None:
    """Something public changed: pictures of a delivery that nobody has received are made anew."""
    for snapshot in Snapshot.objects.frozen().remakeable().filter(letter=letter):
        snapshot.thaw()


def freeze(snapshot: Snapshot) -> bool:
    """Count and list, outside of any lock; False when it changed meanwhile and is to be frozen again."""
    signatures = snapshot.letter.signatures.all()
    count = signatures.tally().as_json()
    names = sorted(signature.public_line for signature in signatures.named().iterator())
    picture = {
        "letter": snapshot.letter.slug,
        "version": snapshot.version.sha256,
        "count": count,
        "list": names,
    }
    is_kept = snapshot.reason == Snapshot.Reason.DELIVERY
    return snapshot.freeze(count=count, names=names if is_kept else None, sha256=sha256_hex(picture))


def freeze_due() -> None:
    for snapshot in Snapshot.objects.unfrozen().select_related("letter", "version"):
        freeze(snapshot)


def erase_lists() -> None:
    """The list of a snapshot goes when its last copy is final; count and hash stay."""
    unfinished = Delivery.objects.letters().unfinished().values("snapshot")
    Snapshot.objects.exclude(first_body_at=None).exclude(names=None).exclude(pk__in=unfinished).update(
        names=None
    )
