"""One letter on its way to a mail server that misbehaves, and what has become of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from petitions.flows import deliveries, sending, snapshots
from petitions.models import Delivery, Letter
from petitions.models.leases import take_back_abandoned
from tests.factories import make_letter
from tests.promises.faults import FaultyServer


def connect(settings: Any, server: FaultyServer, **more: str) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_SECURITY, settings.EMAIL_HOST_USER = "none", ""
    for name, value in more.items():
        setattr(settings, name, value)


def delivered_to_one_recipient() -> Delivery:
    letter = make_letter()
    letter.recipients.last().delete()
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    return letter.deliveries.get()


def sweep() -> None:
    """What beat rings for, one row after the other."""
    take_back_abandoned()
    snapshots.freeze_due()
    for pk in Delivery.objects.due().values_list("pk", flat=True):
        sending.send(pk)


def let_time_pass() -> None:
    """So much that everything that waits is due, and every lease is over."""
    Delivery.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    Delivery.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))


def outcome(row: Delivery, server: FaultyServer) -> tuple[str, int | None, int, int]:
    """State and code of the row, copies that the server took, and how often it was called."""
    row.refresh_from_db()
    return row.state, row.smtp_code, len(server.taken), server.connections


def states(letter: Letter) -> list[str]:
    return sorted(letter.deliveries.letters().values_list("state", flat=True))
