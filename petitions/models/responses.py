"""Responses: what a recipient answered, to the whole letter or to one demand."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.demands import Demand
from petitions.models.letters import Letter
from petitions.models.recipients import Recipient


class Response(models.Model):
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="responses")
    recipient = models.ForeignKey(
        Recipient, on_delete=models.PROTECT, related_name="responses", verbose_name=_("recipient")
    )
    demand = models.ForeignKey(
        Demand,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="responses",
        verbose_name=_("demand"),
        help_text=_("Empty: an answer to the whole letter."),
    )
    text = models.TextField(
        _("text"), max_length=50_000, help_text=_("Markdown, in the recipient's own words.")
    )
    responded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["responded_at", "pk"]

    def __str__(self) -> str:
        return f"{self.recipient}"
