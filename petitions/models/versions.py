"""Versions: the frozen text and demands that people sign."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models import prepared
from petitions.models.letters import Letter
from petitions.models.prepared import Asked


class VersionQuerySet(models.QuerySet["Version"]):
    def newest(self) -> VersionQuerySet:
        """Without its words."""
        return self.order_by("-number").only("sha256", "letter")[:1]

    def update(self, **kwargs: object) -> int:
        raise TypeError("A version never changes; correct the letter with a new one.")


class Version(models.Model):
    """The frozen text and demands. Every signature belongs to one."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField()
    demands = models.JSONField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(db_default=Now())

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        get_latest_by = "number"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "number"], name="versions_are_numbered_in_a_letter"),
            models.CheckConstraint(condition=Q(number__gte=1), name="versions_start_at_one"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk:
            raise TypeError("A version never changes; correct the letter with a new one.")
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @classmethod
    def in_force(cls, letter: Letter) -> Version:
        """With its hash and without its words, which may be long. Raises `Version.DoesNotExist` for a draft."""
        found = IN_FORCE.first(letter=letter.pk)
        if found is None:
            raise cls.DoesNotExist
        return found

    @classmethod
    def to_sign(cls, letter: Letter) -> tuple[Asked, Asked]:
        """The letter's shared lock, and then a list of the same: empty unless it can be signed until commit.

        By the database's clock. To be asked together, in this order.
        """
        return letter.sharing_lock(), TO_SIGN.given(letter=letter.pk)


IN_FORCE = prepared.Objects[Version](lambda letter: Version.objects.filter(letter=letter).newest())
TO_SIGN = prepared.Objects[Version](
    lambda letter: Version.objects.filter(letter__in=Letter.objects.signable().filter(pk=letter)).newest()
)
