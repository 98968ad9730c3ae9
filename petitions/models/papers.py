"""Signatures that were collected elsewhere, on paper or earlier: figures beside the count and never part of it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


class PaperQuerySet(models.QuerySet["Paper"]):
    def counted(self) -> PaperQuerySet:
        """Each with the number of names that stand in it."""
        return self.annotate(names_count=Count("signatures")).order_by("pk")


class Paper(models.Model):
    """One heap of them. Its number was typed, or it is that of the names, which `number` then leaves empty."""

    class Way(models.TextChoices):
        PAPER = "paper", _("on paper")
        EARLIER = "earlier", _("earlier, elsewhere")

    MOST = 1_000_000

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="papers")
    way = models.CharField(_("how they were collected"), max_length=7, choices=Way.choices, default=Way.PAPER)
    number = models.PositiveIntegerField(_("number"), null=True)
    note = models.CharField(
        _("note for the public"),
        max_length=200,
        help_text=_(
            "Where and when they were collected, and who checked them: “Collected at the gates in May; checked by the"
            " organizers”. Everybody reads it."
        ),
    )
    entered_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PaperQuerySet.as_manager()

    class Meta:
        verbose_name = _("signatures on paper")
        verbose_name_plural = _("signatures on paper")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(way__in=["paper", "earlier"]), name="a_paper_has_a_known_way"),
            models.CheckConstraint(
                condition=Q(number=None) | Q(number__gt=0, number__lte=1_000_000),
                name="a_typed_number_of_paper_signatures_is_in_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.note

    @property
    def has_names(self) -> bool:
        return self.number is None

    def as_json(self) -> dict[str, object]:
        """The form that pages, the API and snapshots share. Only of rows that `counted` read."""
        number = self.names_count if self.has_names else self.number  # type: ignore[attr-defined]
        return {"way": self.way, "number": number, "note": self.note}


class PaperSignature(models.Model):
    """A name as the organizers copied it. Nobody checked here whether this person signed, and there is no receipt."""

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="signatures")
    name = models.CharField(_("name"), max_length=120, blank=True)  # empty: forgotten, see flows/purges
    role = models.CharField(_("role"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("signature on paper")
        verbose_name_plural = _("signatures on paper")
        ordering = ["pk"]

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.name, self.role]))


def total(entries: Iterable[dict[str, object]]) -> int:
    return sum(int(str(entry["number"])) for entry in entries)
