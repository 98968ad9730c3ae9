"""A new organizer's first letter to addresses elsewhere than theirs: an operator sees it before a stranger does.

Anybody may name any domain as a workplace of a letter. Theirs is one of these where they have proved a mailbox.
"""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.conf import settings

from accounts.models import User
from petitions.flows import audit
from petitions.models import Delivery, Domain, Letter, Membership, Recipient, Snapshot


def must_wait(letter: Letter, recipients: Iterable[Recipient], *, by: User) -> list[Recipient]:
    """Those to whom this person may not write yet without an operator."""
    if not settings.FIRST_DELIVERIES_HELD or by.is_superuser or by.may_write_to_strangers:
        return []
    own = _own(letter, by)
    return [person for person in recipients if _domain(person.address) not in own]


def _own(letter: Letter, by: User) -> set[str]:
    named = Domain.objects.filter(workplace__letters=letter).values_list("name", flat=True)
    proved = EmailAddress.objects.filter(user=by, verified=True).values_list("email", flat=True)
    return {*named} & {_domain(address) for address in proved}


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


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
    return sorted({_domain(address) for address in addresses})


def trust(letter: Letter) -> None:
    """Its owners need no operator for the next one."""
    owners = User.objects.filter(memberships__letter=letter, memberships__role=Membership.Role.OWNER)
    owners.update(may_write_to_strangers=True)
