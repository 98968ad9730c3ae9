"""Mismatches: a number that was shown and is not what the rows say. There should never be one."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from petitions.models.letters import Letter


class Mismatch(models.Model):
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="mismatches")
    place = models.CharField(max_length=40)
    shown = models.IntegerField()
    counted = models.IntegerField()
    found_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "mismatches"
        ordering = ["letter", "place"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "place"], name="a_place_is_wrong_about_a_letter_once"),
        ]

    def __str__(self) -> str:
        return f"{self.place}: {self.shown}, counted {self.counted}"
