"""Hand-overs: an organizer writes down that a letter was given to recipients, or takes that back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from accounts.models import User
from petitions.flows import audit, snapshots
from petitions.models import HandOver, Letter, Recipient, Snapshot


class NotPublished(Exception):
    """A draft has no version that could be handed over."""


@transaction.atomic
def record(
    letter: Letter,
    *,
    recipients: Iterable[Recipient],
    handed_on: date,
    way: str,
    snapshot: Snapshot | None,
    note: str,
    by: User,
) -> None:
    """With the picture that stood on the paper; without one, that of today is taken. Raises `NotPublished`."""
    letter.hold_lock()
    if letter.is_draft:
        raise NotPublished
    picture = snapshot or _taken_now(letter)
    for recipient in recipients:
        row = letter.handovers.create(
            recipient=recipient,
            snapshot=picture,
            handed_on=handed_on,
            way=way,
            note=note,
            recorded_by=by,
        )
        audit.record("handed_over", letter=letter, by=by, about=row.pk)


@transaction.atomic
def take_back(handover: HandOver, *, by: User) -> bool:
    """It was written down by mistake. True for the one who took it back; the events still tell of both."""
    about = handover.pk
    if not HandOver.objects.filter(pk=about).delete()[0]:
        return False
    audit.record("hand_over_taken_back", letter=handover.letter, by=by, about=about)
    return True


def _taken_now(letter: Letter) -> Snapshot:
    """A worker freezes it; nobody is sent it, so its list is not kept."""
    number = snapshots.next_number(letter)
    return snapshots.ask(letter, reason=Snapshot.Reason.HANDOVER, number=number)[0]
