"""Leases: the right of one sender to move one delivery. Every step is one conditional update that says who won."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from petitions.models.attempts import Attempt
from petitions.models.deliveries import Delivery, DeliveryQuerySet
from petitions.models.uptimes import Uptime

State = Delivery.State
GONE, CRASHED = "SenderGone", "DatabaseCrashed"  # where the name of an error stands otherwise
FREE: Mapping[str, None] = {"lease_token": None, "lease_until": None}


@dataclass(frozen=True)
class Lease:
    """Ends with the row's next state. A sender whose lease ran out, or was cancelled, changes nothing."""

    LASTS = timedelta(minutes=15)  # longer than the ten minutes a mail server may take to answer
    AGAIN = timedelta(minutes=15)  # until an alert without an answer is sent again

    delivery: int
    token: uuid.UUID
    attempt: int

    @classmethod
    @transaction.atomic
    def take(cls, pk: int) -> Lease | None:
        """The lease of the one sender who may go on, or None."""
        token = uuid.uuid4()
        due = Delivery.objects.due().filter(pk=pk).values("pk")
        claimed = Delivery.objects.filter(pk__in=due, state=State.QUEUED).update(
            state=State.LEASED, lease_token=token, lease_until=Now() + cls.LASTS, attempts=F("attempts") + 1
        )
        if not claimed:
            return None
        number = Delivery.objects.values_list("attempts", flat=True).get(pk=pk)
        Attempt.objects.create(delivery_id=pk, number=number)
        return cls(pk, token, number)

    @transaction.atomic
    def start_body(self) -> bool:
        """From here on only the server's answer or a person moves the row."""
        sendable = Delivery.objects.sendable().filter(pk=self.delivery).values("pk")
        mine = self._row(State.LEASED).filter(pk__in=sendable)
        started = mine.update(state=State.IN_DATA, body_started_at=Now())
        if started:
            self._attempt().update(body_started_at=Now())
        return bool(started)

    def accept(self, code: int, text: str) -> bool:
        return self._finish(State.IN_DATA, State.ACCEPTED, code, text)

    def refuse(self, code: int, text: str, *, during: str) -> bool:
        return self._finish(during, State.REFUSED, code, text)

    def cancel(self) -> bool:
        return self._finish(State.LEASED, State.CANCELLED, None, "")

    def put_back(self, code: int | None, text: str, *, during: str, wait: timedelta) -> bool:
        """Queue it again: nothing was given away, or the server said that it did not take it."""
        if self._row(during).filter(is_unwanted=True).exists():
            return self._finish(during, State.CANCELLED, code, text)
        again = {"body_started_at": None, "rung_at": None, "not_before": Now() + wait}
        return self._move(during, State.QUEUED, code, text, again)

    def lose(self, text: str) -> bool:
        """The body may be out and no answer came."""
        return self._move(
            State.IN_DATA, State.UNKNOWN, None, text, {"not_before": Now() + self.AGAIN * 2**self.attempt}
        )

    @transaction.atomic
    def doubt(self) -> bool:
        """The body may be out, and the database has forgotten that it began."""
        again = {"not_before": Now() + self.AGAIN * 2**self.attempt}
        lost = self._move(State.LEASED, State.UNKNOWN, None, CRASHED, {"body_started_at": Now(), **again})
        if lost:
            self._attempt().update(body_started_at=F("ended_at"))
        return lost

    def _finish(self, before: str, after: str, code: int | None, text: str) -> bool:
        return self._move(before, after, code, text, {"finished_at": Now()})

    @transaction.atomic
    def _move(
        self, before: str, after: str, code: int | None, text: str, values: Mapping[str, object]
    ) -> bool:
        answer = {"smtp_code": code, "smtp_text": text}
        moved = self._row(before).update(state=after, **FREE, **answer, **values)
        if moved:
            self._attempt().update(ended_at=Now(), outcome=after, **answer)
        return bool(moved)

    def _row(self, state: str) -> DeliveryQuerySet:
        return Delivery.objects.filter(pk=self.delivery, state=state, lease_token=self.token)

    def _attempt(self) -> QuerySet[Attempt]:
        return Attempt.objects.filter(delivery=self.delivery, number=self.attempt)


def take_back_abandoned() -> None:
    """Rows whose sender is gone. Before the body: to the queue. After it began: unknown, which a person decides."""
    for row in _cut_off():
        _lease_of(row).doubt()
    for row in Delivery.objects.abandoned():
        lease = _lease_of(row)
        if row.state == State.LEASED:
            lease.put_back(None, GONE, during=State.LEASED, wait=timedelta(0))
        else:
            lease.lose(GONE)


def _cut_off() -> DeliveryQuerySet:
    """Claimed before the database crashed, by somebody who did not wait until the start of a body was on disk."""
    earlier = Attempt.objects.exclude(uptime=None).exclude(uptime__in=Uptime.objects.values("name"))
    claims = earlier.filter(delivery=OuterRef("pk"), number=OuterRef("attempts"))
    return Delivery.objects.filter(Exists(claims), state=State.LEASED)


def _lease_of(row: Delivery) -> Lease:
    assert row.lease_token is not None
    return Lease(row.pk, row.lease_token, row.attempts)
