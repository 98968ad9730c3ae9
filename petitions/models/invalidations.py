"""Invalidations: signatures that an owner declared invalid together, by a condition and with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


@dataclass(frozen=True)
class Condition:
    """What signatures are looked for. Empty means any.

    A name's proof is not public and stands alone, for all who used it. The others are about what everybody reads in
    the list, and find named signatures only.
    """

    kinds: tuple[str, ...] = ("named",)
    proof: str = ""
    workplace: int | None = None
    version: int | None = None
    since: date | None = None
    until: date | None = None
    words: str = ""  # of a name or role, folded as those are for finding

    @property
    def of_the_list(self) -> tuple[object, ...]:
        """The parts that single out lines which everybody reads."""
        return tuple(filter(None, (self.workplace, self.version, self.since, self.until, self.words)))

    @property
    def anonymous_kinds(self) -> tuple[str, ...]:
        return tuple(kind for kind in self.kinds if kind != "named")

    def as_json(self) -> dict[str, Any]:
        days = {name: day.isoformat() if day else None for name, day in self._days().items()}
        return asdict(self) | days

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        days = {
            name: date.fromisoformat(stored[name]) if stored[name] else None for name in ("since", "until")
        }
        return cls(**{**stored, **days, "kinds": tuple(stored["kinds"])})

    def _days(self) -> dict[str, date | None]:
        return {"since": self.since, "until": self.until}


class InvalidationQuerySet(models.QuerySet["Invalidation"]):
    def unfinished(self) -> InvalidationQuerySet:
        return self.filter(state__in=Invalidation.UNFINISHED)


class Invalidation(models.Model):
    """The memory of the work: whoever goes on reads here what is wanted. What it hit is counted from the rows."""

    class State(models.TextChoices):
        RUNNING = "running", _("working")
        DONE = "done", _("declared invalid")
        UNDOING = "undoing", _("bringing back")
        UNDONE = "undone", _("brought back")

    UNFINISHED = (State.RUNNING, State.UNDOING)

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="invalidations")
    number = models.PositiveIntegerField()
    reason = models.CharField(
        _("reason"),
        max_length=200,
        help_text=_("Everybody reads it beside the number. Name nobody."),
    )
    condition = models.JSONField(null=True)  # forgotten when the work ends: it may hold a name
    expected = models.PositiveIntegerField()  # what the owner was told before
    state = models.CharField(max_length=7, choices=State.choices, default=State.RUNNING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())  # who signs later is not meant
    ended_at = models.DateTimeField(null=True)

    objects = InvalidationQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "number"], name="invalidations_are_numbered_in_a_letter"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "undoing", "undone"]),
                name="an_invalidation_has_a_known_state",
            ),
            models.CheckConstraint(
                condition=Q(state="running", condition__isnull=False)
                | ~Q(state="running") & Q(condition__isnull=True),
                name="an_invalidation_knows_its_condition_while_it_works",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="an_invalidation_says_why"),
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def can_be_undone(self) -> bool:
        return self.state in (self.State.RUNNING, self.State.DONE)

    @property
    def looked_for(self) -> Condition:
        return Condition.from_json(self.condition or {})

    def move(self, *states: str, to: str, **changes: object) -> bool:
        """True for the one caller who moved it from one of these states."""
        mine = Invalidation.objects.filter(pk=self.pk, state__in=states)
        return bool(mine.update(state=to, condition=None, **changes))
