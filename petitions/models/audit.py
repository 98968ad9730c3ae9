"""Audit events: who did what, when. Append-only; holds no personal values."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def stale(self) -> AuditEventQuerySet:
        return self.filter(at__lt=Now() - AuditEvent.KEPT)


class AuditEvent(models.Model):
    KEPT = timedelta(days=2 * 365)

    letter = models.ForeignKey(Letter, on_delete=models.SET_NULL, null=True, related_name="events")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    verb = models.CharField(_("event"), max_length=60)
    object_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(_("time"), db_default=Now())

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.verb

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk:
            raise TypeError("An audit event never changes.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]
