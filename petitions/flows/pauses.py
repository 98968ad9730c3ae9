"""Pausing: nothing leaves for a letter, or for the whole site, while people go on signing.

Whoever pauses learns how many mails come too late. A mail that is still being prepared does not: before its body goes
out it is asked once more whether it may (`Lease.start_body`). The site's switches stop signing and opening as well:
what was begun may be finished, as whoever holds a code or a token has done their part.
"""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions.flows import audit
from petitions.models import Delivery, Installation, Letter

Switch = Installation.Switch
VERBS = {
    Switch.MAILS: ("site_paused", "site_resumed"),
    Switch.SIGNING: ("signing_paused", "signing_resumed"),
    Switch.OPENING: ("opening_paused", "opening_resumed"),
}


@transaction.atomic
def pause(letter: Letter, *, by: User) -> int:
    """How many mails cannot be stopped any more."""
    _switch(letter, by, is_paused=True)
    return letter.deliveries.filter(state=Delivery.State.IN_DATA).count()


@transaction.atomic
def resume(letter: Letter, *, by: User) -> None:
    _switch(letter, by, is_paused=False)


@transaction.atomic
def pause_site(switch: Switch, *, by: User) -> int:
    """How many mails cannot be stopped any more, if mails are what is stopped."""
    _switch_site(switch, by, is_paused=True)
    late = Delivery.objects.filter(state=Delivery.State.IN_DATA)
    return late.count() if switch is Switch.MAILS else 0


@transaction.atomic
def resume_site(switch: Switch, *, by: User) -> None:
    _switch_site(switch, by, is_paused=False)


def _switch(letter: Letter, by: User, *, is_paused: bool) -> None:
    """Written down by whoever changes it; the same again changes nothing."""
    if Letter.objects.filter(pk=letter.pk, is_paused=not is_paused).update(is_paused=is_paused):
        audit.record("paused" if is_paused else "resumed", letter=letter, by=by)


def _switch_site(switch: Switch, by: User, *, is_paused: bool) -> None:
    Installation.objects.get_or_create(pk=Installation.ONLY)
    paused, resumed = VERBS[switch]
    if Installation.objects.filter(**{switch.value: not is_paused}).update(**{switch.value: is_paused}):
        audit.record(paused if is_paused else resumed, letter=None, by=by)
