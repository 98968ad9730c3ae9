"""Jobs: what beat rings, who does it at this moment, and how it went last."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Job(models.Model):
    """The row is the lock, on every database and behind every pooling proxy: whoever writes the holder has it."""

    COMPARING = "compare_count:"  # before the number of a letter
    LOCK = timedelta(
        seconds=60
    )  # Celery's processes end a job by then; the lock of a killed one frees itself

    name = models.CharField(max_length=60, primary_key=True)
    holder = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    runs = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)  # of the last run; empty when it went well

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(holder=None, held_until=None) | Q(holder__isnull=False, held_until__isnull=False),
                name="a_job_is_held_for_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_ended_well(self) -> bool:
        return bool(
            not self.error and self.started_at and self.succeeded_at and self.succeeded_at >= self.started_at
        )

    @classmethod
    def take(cls, name: str) -> uuid.UUID | None:
        """The lock of the one runner who may go on, or None."""
        cls.objects.get_or_create(name=name)
        holder = uuid.uuid4()
        free = cls.objects.filter(Q(holder=None) | Q(held_until__lt=Now()), name=name)
        taken = free.update(holder=holder, held_until=Now() + cls.LOCK, started_at=Now(), runs=F("runs") + 1)
        return holder if taken else None

    @classmethod
    def release(cls, name: str, holder: uuid.UUID, *, error: str = "") -> None:
        """Whoever lost the lock meanwhile writes nothing."""
        mine = cls.objects.filter(name=name, holder=holder)
        went_well = {} if error else {"succeeded_at": Now()}
        mine.update(holder=None, held_until=None, error=error[:500], **went_well)
