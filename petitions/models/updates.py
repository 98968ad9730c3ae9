"""Updates: what organizers tell afterwards. Subscriptions: who asked to be told, joined to no signature."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


class Update(models.Model):
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="updates")
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), max_length=50_000, help_text=_("Markdown."))
    posted_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        ordering = ["-posted_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class Subscription(models.Model):
    """A confirmed address, sealed. The mark stops a second row; the secret's hash finds the row that a link ends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="subscriptions")
    sealed = models.BinaryField()
    mark = models.BinaryField(max_length=32)
    secret_hash = models.BinaryField(max_length=32, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["letter", "mark"], name="an_address_follows_a_letter_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def context(self) -> str:
        """Where the sealed value belongs; it opens nowhere else."""
        return f"subscription:sealed:{self.pk}"
