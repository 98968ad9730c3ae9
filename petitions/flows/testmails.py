"""Test mails: a letter's mail to an organizer's own account, before it goes to anybody."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from petitions import limits
from petitions.flows import audit, deliveries
from petitions.models import Delivery, Letter

SENT = "test_mail_sent"


class TooOften(Exception):
    """So many went to this person in the last hour."""


@transaction.atomic
def send(letter: Letter, *, to: User) -> None:
    """A row in the outbox like any other, so that what becomes of it can be read. Raises `TooOften`."""
    if not limits.allows(limits.TEST_MAILS, "test mails", str(letter.pk), str(to.pk)):
        raise TooOften
    event = audit.record(SENT, letter=letter, by=to)
    deliveries.enqueue(letter, Delivery.Kind.TEST, key=f"test:{event.pk}", reader="user", ids=[to.pk])


def last(letter: Letter) -> datetime | None:
    """When any organizer had one sent to themselves."""
    return letter.events.filter(verb=SENT).values_list("at", flat=True).first()
