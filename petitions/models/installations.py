"""The installation: what this database knows about where it runs. One row, made by the first who needs it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Now


class Installation(models.Model):
    """`epoch` is turned while mails leave and kept outside as well, so that an older copy is told apart."""

    class Switch(models.TextChoices):
        """What operators stop for the whole site, by the field that says so."""

        MAILS = "is_paused"
        SIGNING = "is_signing_paused"
        OPENING = "is_opening_paused"

    ONLY = 1
    NO_EPOCH = uuid.UUID(int=0)  # until this installation has looked at its database for the first time

    epoch = models.UUIDField(default=NO_EPOCH)
    erasures = models.UUIDField(null=True)  # whose notes know what was erased here: see petitions/erasures.py
    turned_at = models.DateTimeField(db_default=Now())
    is_paused = models.BooleanField(default=False)
    is_signing_paused = models.BooleanField(default=False, db_default=False)
    is_opening_paused = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_installation")]

    def __str__(self) -> str:
        return "paused" if self.is_paused else "sending"

    @classmethod
    def that_stops(cls, switch: Switch) -> QuerySet[Installation]:
        return cls.objects.filter(**{switch.value: True})

    @classmethod
    def stopped(cls) -> set[Switch]:
        row = cls.objects.filter(pk=cls.ONLY).first()
        return {switch for switch in cls.Switch if row and getattr(row, switch.value)}
