"""Pausing: nothing leaves for a letter, or for the whole site, while people go on signing.

Whoever pauses learns how many mails come too late. A mail that is still being prepared does not: before its body goes
out it is asked once more whether it may (`Lease.start_body`).
"""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions.flows import audit
from petitions.models import Delivery, Installation, Letter


@transaction.atomic
def pause(letter: Letter, *, by: User) -> int:
    """How many mails cannot be stopped any more."""
    _switch(letter, by, is_paused=True)
    return letter.deliveries.filter(state=Delivery.State.IN_DATA).count()


@transaction.atomic
def resume(letter: Letter, *, by: User) -> None:
    _switch(letter, by, is_paused=False)


@transaction.atomic
def pause_site(*, by: User) -> int:
    """How many mails cannot be stopped any more."""
    _switch_site(by, is_paused=True)
    return Delivery.objects.filter(state=Delivery.State.IN_DATA).count()


@transaction.atomic
def resume_site(*, by: User) -> None:
    _switch_site(by, is_paused=False)


def _switch(letter: Letter, by: User, *, is_paused: bool) -> None:
    """Written down by whoever changes it; the same again changes nothing."""
    if Letter.objects.filter(pk=letter.pk, is_paused=not is_paused).update(is_paused=is_paused):
        audit.record("paused" if is_paused else "resumed", letter=letter, by=by)


def _switch_site(by: User, *, is_paused: bool) -> None:
    Installation.objects.get_or_create(pk=Installation.ONLY)
    if Installation.objects.filter(is_paused=not is_paused).update(is_paused=is_paused):
        audit.record("site_paused" if is_paused else "site_resumed", letter=None, by=by)
