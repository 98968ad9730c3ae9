"""Reports: somebody tells the operators that a letter abuses the site. Nothing is known of who it is."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


class Report(models.Model):
    """Gone once an operator has dealt with it."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="reports")
    text = models.TextField(_("what is wrong"), max_length=2_000)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["made_at", "pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"
