"""Milestones: a threshold and the moment it was reached. One way: withdrawing does not un-reach it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


class Milestone(models.Model):
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="milestones")
    threshold = models.PositiveIntegerField(_("number of signatures"))
    reached_at = models.DateTimeField(_("reached"), null=True, editable=False)
    count_seen = models.PositiveIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["threshold"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "threshold"], name="a_threshold_stands_once_on_a_letter"
            ),
            models.CheckConstraint(condition=Q(threshold__gte=1), name="a_threshold_is_above_zero"),
            models.CheckConstraint(
                condition=Q(reached_at=None, count_seen=None)
                | Q(reached_at__isnull=False, count_seen__gte=models.F("threshold")),
                name="a_milestone_was_reached_with_enough",
            ),
        ]

    def __str__(self) -> str:
        return str(self.threshold)

    def mark_reached(self, count: int) -> bool:
        """True for the one caller who saw the threshold fall."""
        waiting = Milestone.objects.filter(pk=self.pk, reached_at=None, threshold__lte=count)
        return bool(waiting.update(reached_at=Now(), count_seen=count))
