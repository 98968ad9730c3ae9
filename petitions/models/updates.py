"""Updates: what organizers tell afterwards. Subscriptions: who asked to be told, joined to no signature."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Exists
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.installations import Installation
from petitions.models.letters import Letter


class UpdateQuerySet(models.QuerySet["Update"]):
    def posted(self) -> UpdateQuerySet:
        """What everybody may read."""
        return self.filter(posted_at__isnull=False)

    def unposted(self) -> UpdateQuerySet:
        return self.filter(posted_at=None)

    def scheduled(self) -> UpdateQuerySet:
        return self.unposted().filter(scheduled_at__isnull=False)

    def due(self) -> UpdateQuerySet:
        """Nobody has paused their letter or the site: then nothing goes out by itself."""
        site_is_paused = Exists(Installation.objects.filter(is_paused=True))
        return self.scheduled().filter(~site_is_paused, letter__is_paused=False, scheduled_at__lte=Now())


class Update(models.Model):
    """A draft until it is posted; scheduled when it has a moment at which it posts itself."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="updates")
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), max_length=50_000, help_text=_("Markdown."))
    revision = models.PositiveIntegerField(
        default=1, editable=False
    )  # of the draft, so that nobody overwrites
    scheduled_at = models.DateTimeField(null=True, editable=False)
    posted_at = models.DateTimeField(null=True, db_default=Now(), editable=False)

    objects = UpdateQuerySet.as_manager()

    class Meta:
        verbose_name = _("update")
        verbose_name_plural = _("updates")
        ordering = ["-posted_at", "-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_posted(self) -> bool:
        return self.posted_at is not None

    @property
    def is_scheduled(self) -> bool:
        return self.scheduled_at is not None and not self.is_posted


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
