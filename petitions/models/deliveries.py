"""Deliveries: the outbox. One row is one mail to one reader; it holds no text and no address."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter
from petitions.models.milestones import Milestone
from petitions.models.recipients import Recipient
from petitions.models.snapshots import Snapshot
from petitions.models.updates import Subscription, Update
from petitions.models.versions import Version


def new_message_id() -> str:
    """Random, the same in every attempt; its domain is the site's, never a person's."""
    return uuid.uuid4().hex


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self) -> DeliveryQuerySet:
        """Rows whose turn it is; a letter waits until its snapshot is frozen."""
        ready = Q(snapshot=None) | ~Q(snapshot__sha256="")
        return self.filter(ready, state=Delivery.State.QUEUED, not_before__lte=Now())

    def unrung(self) -> DeliveryQuerySet:
        """Those that no worker was told of lately; a ring that got lost is repeated."""
        return self.due().filter(Q(rung_at=None) | Q(rung_at__lt=Now() - Delivery.RING))

    def abandoned(self) -> DeliveryQuerySet:
        """Rows whose sender is gone."""
        return self.filter(state__in=[Delivery.State.LEASED, Delivery.State.IN_DATA], lease_until__lt=Now())

    def letters(self) -> DeliveryQuerySet:
        return self.filter(kind=Delivery.Kind.LETTER)

    def unfinished(self) -> DeliveryQuerySet:
        return self.filter(
            state__in=[
                Delivery.State.HELD,
                Delivery.State.QUEUED,
                Delivery.State.LEASED,
                Delivery.State.IN_DATA,
                Delivery.State.UNKNOWN,
            ]
        )


class Delivery(models.Model):
    class Kind(models.TextChoices):
        LETTER = "letter", _("letter")
        MILESTONE = "milestone", _("milestone notice")
        CLOSING = "closing", _("closing notice")
        UPDATE = "update", _("update")
        CORRECTION = "correction", _("correction notice")
        TAKEDOWN = "takedown", _("takedown alert")

    class State(models.TextChoices):
        HELD = "held", _("held")
        QUEUED = "queued", _("waiting")
        LEASED = "leased", _("being sent")
        IN_DATA = "in_data", _("handed to the mail server, no answer yet")
        ACCEPTED = "accepted", _("accepted by the mail server")
        REFUSED = "refused", _("refused")
        UNKNOWN = "unknown", _("unknown: it may have arrived")
        BOUNCED = "bounced", _("bounced")
        CANCELLED = "cancelled", _("cancelled")

    RING = timedelta(seconds=30)
    LEASE = timedelta(minutes=15)  # longer than the ten minutes a mail server may take to answer

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=120, unique=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.QUEUED)

    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, null=True, related_name="deliveries")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="deliveries")
    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, null=True, related_name="deliveries")
    update_told = models.ForeignKey(Update, on_delete=models.PROTECT, null=True, related_name="deliveries")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="+")

    message_id = models.CharField(max_length=64, unique=True, default=new_message_id)
    not_before = models.DateTimeField(db_default=Now())
    rung_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    body_started_at = models.DateTimeField(null=True)
    smtp_code = models.PositiveSmallIntegerField(null=True)
    smtp_text = models.CharField(_("answer"), max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state="queued"), name="deliveries_due"),
            models.Index(
                fields=["lease_until"], condition=Q(state__in=["leased", "in_data"]), name="deliveries_leased"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "held",
                        "queued",
                        "leased",
                        "in_data",
                        "accepted",
                        "refused",
                        "unknown",
                        "bounced",
                        "cancelled",
                    ]
                ),
                name="a_delivery_has_a_known_state",
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False, user=None, subscription=None)
                | Q(recipient=None, user__isnull=False, subscription=None)
                | Q(recipient=None, user=None, subscription__isnull=False),
                name="a_delivery_has_one_reader",
            ),
            models.CheckConstraint(
                condition=Q(kind="letter", snapshot__isnull=False, recipient__isnull=False)
                | ~Q(kind="letter") & Q(snapshot=None, recipient=None),
                name="recipients_get_the_letter_and_nobody_else_does",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["leased", "in_data"], lease_token__isnull=False, lease_until__isnull=False
                )
                | ~Q(state__in=["leased", "in_data"]) & Q(lease_token=None, lease_until=None),
                name="only_a_delivery_being_sent_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(body_started_at__isnull=False) | ~Q(state__in=["in_data", "unknown", "bounced"]),
                name="a_body_that_may_be_out_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["accepted", "refused", "bounced", "cancelled"], finished_at__isnull=False
                )
                | ~Q(state__in=["accepted", "refused", "bounced", "cancelled"]) & Q(finished_at=None),
                name="a_finished_delivery_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"

    @property
    def reader(self) -> str:
        """Whom an organizer sees: a recipient by name, another organizer by address, a follower as no one."""
        if self.recipient:
            return str(self.recipient)
        return self.user.email if self.user else str(_("a follower"))

    def claim(self) -> uuid.UUID | None:
        """The lease of the one sender who may go on, or None."""
        token = uuid.uuid4()
        due = Delivery.objects.due().filter(pk=self.pk).values("pk")
        won = Delivery.objects.filter(pk__in=due, state=self.State.QUEUED).update(
            state=self.State.LEASED,
            lease_token=token,
            lease_until=Now() + self.LEASE,
            attempts=F("attempts") + 1,
        )
        return token if won else None

    def start_body(self, token: uuid.UUID) -> bool:
        """From here on only the server's answer or a person moves the row."""
        mine = Delivery.objects.filter(pk=self.pk, state=self.State.LEASED, lease_token=token)
        return bool(mine.update(state=self.State.IN_DATA, body_started_at=Now()))

    def accept(self, token: uuid.UUID, code: int, text: str) -> bool:
        return self._finish(token, self.State.IN_DATA, self.State.ACCEPTED, code, text)

    def refuse(self, token: uuid.UUID, code: int, text: str, *, during: str) -> bool:
        return self._finish(token, during, self.State.REFUSED, code, text)

    def cancel_leased(self, token: uuid.UUID) -> bool:
        return self._move(token, self.State.LEASED, self.State.CANCELLED, {"finished_at": Now()})

    def put_back(
        self, token: uuid.UUID, code: int | None, text: str, *, during: str, wait: timedelta
    ) -> bool:
        """Queue it again: nothing was given away, or the server said that it did not take it."""
        again = {"body_started_at": None, "rung_at": None, "not_before": Now() + wait}
        return self._move(token, during, self.State.QUEUED, again | {"smtp_code": code, "smtp_text": text})

    def mark_unknown(self, token: uuid.UUID, text: str) -> bool:
        return self._move(token, self.State.IN_DATA, self.State.UNKNOWN, {"smtp_text": text})

    def _finish(self, token: uuid.UUID, before: str, after: str, code: int, text: str) -> bool:
        values = {"finished_at": Now(), "smtp_code": code, "smtp_text": text}
        return self._move(token, before, after, values)

    def _move(self, token: uuid.UUID, before: str, after: str, values: Mapping[str, object]) -> bool:
        """One conditional update that ends the lease; a sender whose lease was given away changes nothing."""
        mine = Delivery.objects.filter(pk=self.pk, state=before, lease_token=token)
        return bool(mine.update(state=after, lease_token=None, lease_until=None, **values))


def sweep_abandoned() -> None:
    """Before the body: back to the queue. After it began: unknown, which only a person decides."""
    abandoned = Delivery.objects.abandoned()
    free = {"lease_token": None, "lease_until": None}
    abandoned.filter(state=Delivery.State.LEASED).update(
        state=Delivery.State.QUEUED, not_before=Now(), **free
    )
    abandoned.filter(state=Delivery.State.IN_DATA).update(
        state=Delivery.State.UNKNOWN, body_started_at=Coalesce("body_started_at", Now()), **free
    )
