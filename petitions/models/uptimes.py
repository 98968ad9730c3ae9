"""Uptimes of the database: between two crashes. After one, what was written and not waited for may be gone."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Uptime(models.Model):
    """One row, which a crash takes along: PostgreSQL empties an unlogged table when it recovers, here or elsewhere.

    When the server was started would not tell: it survives that one of its processes is killed, and what was not on
    disk is gone all the same. SQLite keeps the row, and every change waits as long as all others there.
    """

    ONLY = 1

    name = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_uptime")]

    def __str__(self) -> str:
        return str(self.name)

    @classmethod
    def present(cls) -> uuid.UUID:
        """The name of this one; whoever asks first gives it."""
        return cls.objects.get_or_create(pk=cls.ONLY)[0].name
