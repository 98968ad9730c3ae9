"""Rounds: leases of many deliveries that one sender takes at once. Each is moved by itself, like any lease."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from django.db import transaction
from django.db.models import Exists, F, QuerySet
from django.db.models.functions import Now

from petitions.models.attempts import Attempt
from petitions.models.deliveries import Delivery
from petitions.models.installations import Installation
from petitions.models.leases import FREE, Lease, State
from petitions.models.prepared import Given, Pair, Update
from petitions.models.uptimes import Uptime

EPOCHS = 4  # that are remembered at once, at most: two of this moment and two of the one before


def _mine(row: Any, token: Any) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=row, lease_token=token)


def _attempt(row: Any, number: Any) -> QuerySet[Attempt]:
    return Attempt.objects.filter(delivery=row, number=number)


@lru_cache(EPOCHS)
def _start(epochs: tuple[str, ...]) -> Pair:
    """On condition that all still stands, and that the database is the one of these epochs."""

    def startable(row: Any, token: Any) -> QuerySet[Delivery]:
        is_ours = Exists(Installation.objects.filter(epoch__in=epochs))
        sendable = Delivery.objects.sendable().filter(pk=row).values("pk")
        return _mine(row, token).filter(is_ours, state=State.LEASED, pk__in=sendable)

    return Pair(
        Update(startable, state=State.IN_DATA, body_started_at=Now()),
        Update(_attempt, body_started_at=Now()),
        is_quick=True,
    )


ANSWER = {"smtp_code": Given("code"), "smtp_text": Given("text")}
# Nobody waits until it is on disk: after a loss of power it may be unknown, and is not sent again. Everybody reads it
# at once, and it outlives a sender that is killed.
ACCEPT = Pair(
    Update(
        lambda row, token: _mine(row, token).filter(state=State.IN_DATA),
        **{"state": State.ACCEPTED, "finished_at": Now(), **FREE, **ANSWER},
    ),
    Update(_attempt, ended_at=Now(), outcome=State.ACCEPTED, **ANSWER),
    is_quick=True,
)


@dataclass(frozen=True)
class RoundLease(Lease):
    """A lease whose usual steps are prepared."""

    @classmethod
    @transaction.atomic
    def take_all(cls, pks: Collection[int], token: uuid.UUID) -> list[Self]:
        """Those that are due and nobody else has; a row that somebody is just moving is passed over."""
        due = Delivery.objects.due().filter(pk__in=pks).select_for_update(skip_locked=True, of=("self",))
        free = list(due.order_by("pk").values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=free, state=State.QUEUED).update(
            state=State.LEASED,
            lease_token=token,
            lease_until=Now() + cls.LASTS,
            attempts=F("attempts") + 1,
        )
        taken = Delivery.objects.filter(pk__in=free, lease_token=token).values_list("pk", "attempts")
        numbers = dict(taken)
        uptime = Uptime.present()
        Attempt.objects.bulk_create(
            Attempt(delivery_id=pk, number=number, uptime=uptime) for pk, number in numbers.items()
        )
        return [cls(pk, token, numbers[pk]) for pk in pks if pk in numbers]

    def let_out(self, epochs: Collection[str]) -> bool:
        """`start_body`, of a database that has one of these epochs."""
        return bool(_start(tuple(epochs))(**self._named))

    def accept(self, code: int, text: str) -> bool:
        return bool(ACCEPT(**self._named, code=code, text=text))

    @property
    def _named(self) -> dict[str, Any]:
        return {"row": self.delivery, "token": self.token, "number": self.attempt}
