"""Recipients: the people a letter is addressed to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def reachable(self) -> RecipientQuerySet:
        """Those who want mail and whose address the retention rules have left."""
        return self.filter(opted_out_at=None).exclude(address="")


class Recipient(models.Model):
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="recipients")
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=120, blank=True)
    address = models.EmailField(_("e-mail address"), help_text=_("Never shown in public."))
    opted_out_at = models.DateTimeField(null=True, editable=False)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "address"],
                condition=~Q(address=""),  # the retention rules empty it
                name="a_recipient_stands_once_on_a_letter",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.role}" if self.role else self.name

    @property
    def is_reachable(self) -> bool:
        return bool(self.address) and self.opted_out_at is None
