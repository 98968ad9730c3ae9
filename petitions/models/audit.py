"""Audit events: who did what, when. Append-only and chained by their hashes; holds no personal values."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def stale(self) -> AuditEventQuerySet:
        return self.filter(at__lt=Now() - AuditEvent.KEPT)

    def latest_first(self) -> AuditEventQuerySet:
        return self.order_by("-number")


class AuditEvent(models.Model):
    """The database refuses changes, and lets only the oldest event go (migration 0014).

    `letter` and `actor` are bare numbers without a constraint: the hash holds them, and whoever is erased is then a
    number that leads nowhere.
    """

    KEPT = timedelta(days=2 * 365)

    number = models.PositiveBigIntegerField(unique=True)  # its place in the chain
    letter = models.ForeignKey(
        Letter, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="events"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    verb = models.CharField(_("event"), max_length=60)
    object_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(_("time"))
    sha256 = models.CharField(max_length=64)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-number"]

    def __str__(self) -> str:
        return self.verb

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk:
            raise TypeError("An audit event never changes.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def facts(self) -> dict[str, object]:
        """What its hash covers, beside the hash before it."""
        return {
            "number": self.number,
            "letter": self.letter_id,
            "actor": self.actor_id,
            "verb": self.verb,
            "about": self.object_id,
            "at": self.at.isoformat(),
        }


class AuditChain(models.Model):
    """Both ends of the chain. One row, made by the first who needs it; whoever moves it comes alone until commit."""

    ONLY = 1
    BEGINNING = "0" * 64  # before the first event that ever was

    number = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, default=BEGINNING)
    moved_at = models.DateTimeField(db_default=Now())
    forgotten_number = models.PositiveBigIntegerField(default=0)  # the newest that the retention rules took
    forgotten_sha256 = models.CharField(max_length=64, default=BEGINNING)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_chain_of_events")]

    def __str__(self) -> str:
        return f"{self.number} {self.sha256}"

    @classmethod
    def only(cls) -> AuditChain:
        return AuditChain.objects.filter(pk=cls.ONLY).first() or AuditChain()

    @classmethod
    def next_link(cls) -> AuditChain:
        """The end of the chain, moved by one and locked until commit."""
        mine = AuditChain.objects.filter(pk=cls.ONLY)
        moved = {"number": F("number") + 1, "moved_at": Now()}
        if not mine.update(**moved):
            AuditChain.objects.bulk_create([AuditChain(pk=cls.ONLY)], ignore_conflicts=True)
            mine.update(**moved)
        return mine.get()
