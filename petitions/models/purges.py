"""Purges: when the retention rules were last kept, and what was there afterwards."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Purge(models.Model):
    """The last one. `left` is as of that night: a live number would say when somebody signs."""

    ONLY = 1

    ran_at = models.DateTimeField(db_default=Now())
    left = models.JSONField(default=dict)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_last_purge")]

    def __str__(self) -> str:
        return f"{self.ran_at}"
