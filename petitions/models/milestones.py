"""Milestones: a threshold and the moment it was reached. One way: withdrawing does not un-reach it.

A share of the head-count is a threshold too. What it comes to is measured anew until it is reached, so that a
corrected head-count counts; from then on it stays.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from petitions.models import prepared
from petitions.models.letters import Letter


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    def ahead(self) -> MilestoneQuerySet:
        return self.filter(reached_at=None)

    def standing(self) -> MilestoneQuerySet:
        """Those whose number is known: a share waits until every workplace has a head-count."""
        return self.exclude(threshold=None)


class Milestone(models.Model):
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="milestones")
    threshold = models.PositiveIntegerField(_("number of signatures"), null=True, blank=True)
    share = models.PositiveSmallIntegerField(
        _("or percent of the head-count"),
        null=True,
        blank=True,
        help_text=_("Of all workplaces of the letter together. Rounded up to whole signatures."),
    )
    is_for_organizers = models.BooleanField(_("tell organizers"), default=True)
    is_for_followers = models.BooleanField(_("tell followers"), default=True)
    is_for_recipients = models.BooleanField(
        _("tell recipients"),
        default=False,
        help_text=_("Only those who have got the letter, at most one mail a day."),
    )
    text = models.TextField(
        _("a few words"),
        max_length=1_000,
        blank=True,
        help_text=_("Plain text. It stands in the mails and, for everybody, on the letter's page."),
    )
    reached_at = models.DateTimeField(_("reached"), null=True, editable=False)
    count_seen = models.PositiveIntegerField(null=True, editable=False)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["threshold", "share", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "threshold"],
                condition=Q(share=None),
                name="a_threshold_stands_once_on_a_letter",
            ),
            models.UniqueConstraint(fields=["letter", "share"], name="a_share_stands_once_on_a_letter"),
            models.CheckConstraint(condition=Q(threshold__gte=1), name="a_threshold_is_above_zero"),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__gte=1, share__lte=100), name="a_share_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(threshold__isnull=False) | Q(share__isnull=False),
                name="a_milestone_is_a_number_or_a_share",
            ),
            models.CheckConstraint(
                condition=Q(reached_at=None, count_seen=None)
                | Q(
                    reached_at__isnull=False,
                    threshold__isnull=False,
                    count_seen__gte=models.F("threshold"),
                ),
                name="a_milestone_was_reached_with_enough",
            ),
        ]

    def __str__(self) -> str:
        if self.share is None:
            return str(self.threshold)
        if self.threshold is None:
            return gettext("%(share)s %% (waits for a head-count)") % {"share": self.share}
        return f"{self.share} % ({self.threshold})"

    @classmethod
    def ahead_of(cls, letter: Letter) -> list[Milestone]:
        return AHEAD.all(letter=letter.pk)

    def mark_reached(self, count: int) -> bool:
        """True for the one caller who saw the threshold fall, and as it was read: it may be measured meanwhile."""
        waiting = Milestone.objects.ahead().filter(pk=self.pk, threshold=self.threshold)
        return bool(waiting.filter(threshold__lte=count).update(reached_at=Now(), count_seen=count))

    def measure(self, head_count: int | None) -> None:
        """Write down what its share comes to, unless it was reached."""
        threshold = of_share(self.share, head_count) if self.share else self.threshold
        if threshold != self.threshold:
            Milestone.objects.ahead().filter(pk=self.pk).update(threshold=threshold)
            self.threshold = threshold


AHEAD = prepared.Objects[Milestone](lambda letter: Milestone.objects.ahead().filter(letter=letter))


def of_share(share: int, head_count: int | None) -> int | None:
    """So many signatures are at least this share."""
    return -(-share * head_count // 100) if head_count else None
