"""Snapshots: what was counted at closing, delivery or handing over, with a hash that stands in mail, PDF and page."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models import prepared
from petitions.models.invalidations import Invalidation
from petitions.models.letters import Letter
from petitions.models.prepared import Asked
from petitions.models.versions import Version


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def unfrozen(self) -> SnapshotQuerySet:
        return self.filter(sha256="")

    def to_freeze(self) -> SnapshotQuerySet:
        """A delivery waits while signatures are declared invalid or brought back: its number is on the way."""
        moving = Invalidation.objects.unfinished().filter(letter=OuterRef("letter"))
        return self.unfrozen().exclude(Exists(moving), reason=Snapshot.Reason.DELIVERY)

    def frozen(self) -> SnapshotQuerySet:
        return self.exclude(sha256="")

    def told(self) -> SnapshotQuerySet:
        """Those whose hash is for everybody: of a delivery, nothing before its first mail is out."""
        is_closing, is_out = Q(reason=Snapshot.Reason.CLOSING), Q(first_body_at__isnull=False)
        was_handed_over = Q(handovers__isnull=False, is_settled=True)
        return self.frozen().filter(is_closing | is_out | was_handed_over).distinct()

    def changeable(self) -> SnapshotQuerySet:
        """Those of a delivery, frozen or just being frozen, whose first mail has not gone out."""
        return self.exclude(reason=Snapshot.Reason.CLOSING).filter(first_body_at=None, is_settled=False)


class Snapshot(models.Model):
    """Written empty when it is asked for; a worker freezes list, count and hash; deliveries wait for that."""

    class Reason(models.TextChoices):
        CLOSING = "closing", _("closing")
        DELIVERY = "delivery", _("delivery")
        HANDOVER = "handover", _("handing over")

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=8, choices=Reason.choices)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(default=0)
    count = models.JSONField(null=True)
    names = models.JSONField(null=True)
    papers = models.JSONField(default=list)  # signatures on paper: told beside the count, outside of the hash
    sha256 = models.CharField(max_length=64, blank=True, default="")
    first_body_at = models.DateTimeField(null=True)
    is_settled = models.BooleanField(default=False)  # every copy is final, or there never is one
    made_at = models.DateTimeField(db_default=Now())

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        get_latest_by = "number"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "number"], name="snapshots_are_numbered_in_a_letter"),
            models.CheckConstraint(
                condition=Q(reason__in=["closing", "delivery", "handover"]),
                name="a_snapshot_has_a_known_reason",
            ),
            models.CheckConstraint(
                condition=Q(sha256="") | Q(count__isnull=False), name="a_frozen_snapshot_says_its_count"
            ),
            models.CheckConstraint(
                condition=Q(first_body_at=None) | ~Q(sha256=""), name="only_a_frozen_snapshot_goes_out"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter} #{self.number}"

    @classmethod
    def thaw(cls, letter: Letter) -> None:
        """Ask for each to be made anew that may still change."""
        prepared.together(cls.thawing(letter))

    @classmethod
    def thawing(cls, letter: Letter) -> Asked:
        """The same, to be asked together with what changes them."""
        return THAWING.given(letter=letter.pk)

    @property
    def is_frozen(self) -> bool:
        return bool(self.sha256)

    def freeze(
        self,
        *,
        count: dict[str, object],
        names: list[str] | None,
        papers: list[dict[str, object]],
        sha256: str,
    ) -> bool:
        """False when it was frozen or asked for anew since this object was read."""
        mine = Snapshot.objects.unfrozen().filter(pk=self.pk, revision=self.revision)
        return bool(mine.update(count=count, names=names, papers=papers, sha256=sha256))

    def let_out(self) -> bool:
        """True while it is still the picture that was rendered: the row lock of this update settles who was first."""
        mine = Snapshot.objects.filter(pk=self.pk, revision=self.revision, sha256=self.sha256)
        return bool(
            mine.exclude(sha256="").update(first_body_at=models.functions.Coalesce("first_body_at", Now()))
        )


THAWING = prepared.Update(
    lambda letter: Snapshot.objects.changeable().filter(letter=letter),
    sha256="",
    count=None,
    names=None,
    papers=[],
    revision=F("revision") + 1,
)
