"""Heartbeats: when each part of the site that runs beside the web was last seen at work, told by itself."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now


class Heartbeat(models.Model):
    """Beat writes its row itself; each queue has a row, written by whichever worker answers beat's ring there."""

    BEAT = "beat"

    part = models.CharField(max_length=60, primary_key=True)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["part"]

    def __str__(self) -> str:
        return self.part

    @classmethod
    def note(cls, part: str) -> None:
        cls.objects.update_or_create(part=part, defaults={"seen_at": Now()})

    @classmethod
    def ages(cls) -> dict[str, timedelta]:
        """By the database's clock: the parts may run on other machines."""
        age = models.ExpressionWrapper(Now() - models.F("seen_at"), output_field=models.DurationField())
        return dict(cls.objects.annotate(age=age).values_list("part", "age"))
