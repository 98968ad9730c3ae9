"""A new organizer's first letter to addresses outside its workplaces: an operator sees it before a stranger does."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from accounts.models import User
from petitions.flows import audit
from petitions.models import Delivery, Domain, Letter, Membership, Recipient, Snapshot


def must_wait(letter: Letter, recipients: Iterable[Recipient], *, by: User) -> list[Recipient]:
    """Those to whom this person may not write yet without an operator."""
    if not settings.FIRST_DELIVERIES_HELD or by.is_superuser or by.may_write_to_strangers:
        return []
    known = set(Domain.objects.filter(workplace__letters=letter).values_list("name", flat=True))
    return [person for person in recipients if person.address.rpartition("@")[2].lower() not in known]


def hold(snapshot: Snapshot, *, by: User) -> int:
    """Hold what must wait of a delivering that was written just now; how many mails it is."""
    mails = snapshot.deliveries.select_related("recipient")
    waiting = must_wait(snapshot.letter, [mail.recipient for mail in mails if mail.recipient], by=by)
    held = {"state": Delivery.State.HELD, "hold_reason": Delivery.Hold.FIRST}
    number = mails.filter(recipient__in=waiting, state=Delivery.State.QUEUED).update(**held)
    if number:
        audit.record("held_first", letter=snapshot.letter, by=by, about=number)
    return number


def domains(letter: Letter) -> list[str]:
    """Where what is held would go: no names, no addresses."""
    held = letter.deliveries.filter(state=Delivery.State.HELD).exclude(recipient=None)
    addresses = held.values_list("recipient__address", flat=True)
    return sorted({address.rpartition("@")[2].lower() for address in addresses})


def trust(letter: Letter) -> None:
    """Its owners need no operator for the next one."""
    owners = User.objects.filter(memberships__letter=letter, memberships__role=Membership.Role.OWNER)
    owners.update(may_write_to_strangers=True)
