"""Attempts: what was tried to send a delivery, kept as evidence."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.deliveries import Delivery


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def stale(self) -> AttemptQuerySet:
        """Old, and of a delivery about which nothing is left to decide."""
        old = self.filter(started_at__lt=Now() - Attempt.KEPT)
        return old.filter(delivery__finished_at__isnull=False)


class Attempt(models.Model):
    """One claim of a delivery. Without a start of the body, nothing was given away."""

    KEPT = timedelta(days=90)

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    body_started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9, choices=Delivery.State.choices, blank=True)
    smtp_code = models.PositiveSmallIntegerField(null=True)
    smtp_text = models.CharField(max_length=500, blank=True)
    uptime = models.UUIDField(
        null=True
    )  # where the start of the body is not waited for: see models/uptimes.py

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "number"], name="attempts_are_numbered_in_a_delivery"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"
