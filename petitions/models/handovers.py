"""Hand-overs: a letter given to a recipient otherwise than by mail from here, as an organizer wrote it down."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter
from petitions.models.recipients import Recipient
from petitions.models.snapshots import Snapshot


class HandOver(models.Model):
    """With the number that stood on the paper. Who carried it is nowhere; who wrote it down is for organizers."""

    class Way(models.TextChoices):
        PERSON = "person", _("in person")
        DESK = "desk", _("left for them, at a desk or with an assistant")
        POST = "post", _("by post")
        OTHER = "other", _("in another way")

    LONGEST = 280

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="handovers")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="handovers")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="handovers")
    way = models.CharField(max_length=6, choices=Way.choices)
    handed_on = models.DateField()
    note = models.CharField(max_length=LONGEST, blank=True)  # for organizers; the retention rules empty it
    recorded_at = models.DateTimeField(db_default=Now())
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ["handed_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "handed_on"], name="a_recipient_is_handed_a_letter_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(way__in=["person", "desk", "post", "other"]), name="a_hand_over_has_a_known_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}, {self.handed_on}"

    @property
    def moment(self) -> datetime:
        """For sorting among what has a time: the end of its day, or when it was written down on that day."""
        end = datetime.combine(self.handed_on, time.max, UTC)
        return min(end, self.recorded_at)
