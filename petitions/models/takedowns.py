"""Takedowns: somebody asks the organizers to take a name down, because it is not theirs or the receipt is lost."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter
from petitions.models.signatures import Signature


class TakedownReason(models.TextChoices):
    """Why an organizer hides a line that nobody asked about. It goes into the record, the words do not."""

    NOT_THEIRS = "not_theirs", _("Somebody typed a name that is not theirs")
    ASKED = "asked", _("The person asked us, and has no receipt")
    DANGER = "danger", _("It puts a person in danger")
    THIRD_PERSON = "third_person", _("It is about somebody else")
    INSULT = "insult", _("It insults or advertises")


class Takedown(models.Model):
    class Decision(models.TextChoices):
        HIDDEN = "hidden", _("name hidden")
        KEPT = "kept", _("name kept")

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="takedowns")
    signature = models.ForeignKey(Signature, on_delete=models.CASCADE, related_name="takedowns")
    reason = models.TextField(_("reason"), max_length=2_000)
    asked_at = models.DateTimeField(_("asked"), db_default=Now(), editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decision = models.CharField(
        _("decision"), max_length=6, choices=Decision.choices, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("takedown request")
        verbose_name_plural = _("takedown requests")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at=None, decision="")
                | Q(decided_at__isnull=False, decision__in=["hidden", "kept"]),
                name="a_takedown_is_decided_or_waits",
            ),
            models.UniqueConstraint(
                fields=["signature"], condition=Q(decided_at=None), name="one_takedown_of_a_name_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.signature}"

    def decide(self, decision: str) -> bool:
        """True for the one caller who decides; the reason is erased with it."""
        waiting = Takedown.objects.filter(pk=self.pk, decided_at=None)
        return bool(waiting.update(decision=decision, decided_at=Now(), reason=""))
