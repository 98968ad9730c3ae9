"""Milestones fall: each threshold once, each with a notice of its own to every reader."""

from __future__ import annotations

from django.db import transaction

from petitions import counts
from petitions.flows import deliveries
from petitions.models import Delivery, Letter, Milestone


def check(letter: Letter) -> None:
    """Mark every threshold that the count has reached. Harmless to repeat and to run twice at once."""
    waiting = list(letter.milestones.filter(reached_at=None))
    if not waiting:
        return
    count = counts.recount(letter).total
    for milestone in waiting:
        if milestone.threshold <= count:
            _reach(milestone, count)


@transaction.atomic
def _reach(milestone: Milestone, count: int) -> None:
    if milestone.mark_reached(count):
        deliveries.tell_everybody(
            milestone.letter, Delivery.Kind.MILESTONE, key=f"milestone:{milestone.pk}", milestone=milestone
        )
