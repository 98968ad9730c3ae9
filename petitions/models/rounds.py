"""Rounds: leases of many deliveries that one sender takes at once. Each is moved by itself, like any lease."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from petitions.models.attempts import Attempt
from petitions.models.deliveries import Delivery, DeliveryQuerySet
from petitions.models.installations import Installation
from petitions.models.leases import FREE, Lease, State
from petitions.models.prepared import Given, Pair, Pairs, Update
from petitions.models.uptimes import Uptime


def _mine(row: Any, token: Any, state: str) -> DeliveryQuerySet:
    return Delivery.objects.filter(pk=row, lease_token=token, state=state)


def _attempt(row: Any, number: Any) -> QuerySet[Attempt]:
    return Attempt.objects.filter(delivery=row, number=number)


def _startable(row: Any, token: Any, epoch: Any, other_epoch: Any) -> DeliveryQuerySet:
    """All still stands, and the database is the one of these epochs."""
    known = Installation.objects.filter(epoch__in=[epoch, other_epoch])
    return _mine(row, token, State.LEASED).sendable_to_follower(known)


ANSWER = {"smtp_code": Given("code"), "smtp_text": Given("text")}

# Nobody waits until this is on disk. Everybody reads it at once, and it outlives a sender that is killed. After a
# crash of the database what was claimed before is unknown, and is not sent again: see `take_back_abandoned`.
ACCEPT = Pair(
    Update(
        lambda before, token: _mine(before, token, State.IN_DATA),
        **{"state": State.ACCEPTED, "finished_at": Now(), **FREE, **ANSWER},
    ),
    Update(
        lambda before, before_number: _attempt(before, before_number),
        **{"ended_at": Now(), "outcome": State.ACCEPTED, **ANSWER},
    ),
    is_quick=True,
)
START = Pair(
    Update(_startable, state=State.IN_DATA, body_started_at=Now()),
    Update(_attempt, body_started_at=Now()),
    is_quick=True,
)
ACCEPT_AND_START = Pairs(ACCEPT, START)


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

    def let_out(self, epochs: Sequence[str], *, after: Yes | None = None) -> bool:
        """`start_body`, of a database that has one of these two epochs. With it a yes is kept."""
        known = {"epoch": uuid.UUID(epochs[0]), "other_epoch": uuid.UUID(epochs[-1])}
        mine = {"row": self.delivery, "token": self.token, "number": self.attempt}
        if after is None:
            return bool(START(**known, **mine))
        return bool(ACCEPT_AND_START(**known, **mine, **after.said)[-1])

    def accept(self, code: int, text: str) -> bool:
        return Yes(self, code, text).keep()


@dataclass(frozen=True)
class Yes:
    """The server has taken a mail."""

    lease: RoundLease
    code: int
    text: str

    def keep(self) -> bool:
        return bool(ACCEPT(token=self.lease.token, **self.said))

    @property
    def said(self) -> dict[str, Any]:
        answer = {"code": self.code, "text": self.text}
        return {"before": self.lease.delivery, "before_number": self.lease.attempt, **answer}
