"""Demands: the numbered things that a letter asks for, each with its own status."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


class Demand(models.Model):
    class Status(models.TextChoices):
        UNANSWERED = "unanswered", _("unanswered")
        ACCEPTED = "accepted", _("accepted")
        PARTLY = "partly", _("partly accepted")
        REFUSED = "refused", _("refused")

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="demands")
    number = models.PositiveSmallIntegerField(_("number"))
    title = models.CharField(_("demand"), max_length=200)
    text = models.TextField(_("explanation"), max_length=5_000, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.UNANSWERED)

    class Meta:
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "number"], name="demands_are_numbered_in_a_letter"),
            models.CheckConstraint(condition=Q(number__gte=1), name="demands_start_at_one"),
            models.CheckConstraint(
                condition=Q(status__in=["unanswered", "accepted", "partly", "refused"]),
                name="a_demand_has_a_known_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"
