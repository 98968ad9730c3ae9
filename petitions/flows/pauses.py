"""Pausing: nothing leaves for a letter, or for the whole site, while people go on signing."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions.flows import audit
from petitions.models import Installation, Letter


@transaction.atomic
def pause(letter: Letter, *, by: User) -> None:
    _switch(letter, by, is_paused=True)


@transaction.atomic
def resume(letter: Letter, *, by: User) -> None:
    _switch(letter, by, is_paused=False)


@transaction.atomic
def pause_site(*, by: User) -> None:
    _switch_site(by, is_paused=True)


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
