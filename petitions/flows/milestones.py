"""Milestones fall: each threshold once, each with a notice of its own to every reader it is for.

A number and a share that come to the same are two milestones of one height: both are marked, and each reader is told
of the height once.
"""

from __future__ import annotations

from django.db import transaction

from petitions import counts
from petitions.flows import deliveries
from petitions.models import Delivery, Letter, Milestone
from petitions.recent import recent

MANY = 2_000  # signatures that are counted in a fraction of a millisecond
NEAR = 500  # more than usually come while the number is as old as it gets; `watch` finds what is missed


def check(letter: Letter) -> None:
    """Mark every threshold that the count has reached. Harmless to repeat and to run twice at once."""
    if waiting := Milestone.ahead_of(letter):
        _measure(letter, waiting)
        _count(letter, waiting)


def watch(letter: Letter) -> None:
    """The same every few seconds: of many, sweeps and readers count once together, and once more when it is time."""
    if waiting := Milestone.ahead_of(letter):
        _measure(letter, waiting)
        if _is_time(waiting, counts.shown(letter).total):
            _count(letter, waiting)


def glance(letter: Letter) -> None:
    """The same after each signature, whose cost must not grow with the letter.

    Whether it is time is told by what was read a moment ago. Of many the rows are not counted for every new one: the
    sweep counts every few seconds.
    """
    ahead = _ahead(letter)
    if not ahead:
        return
    shown = _shown(letter)
    near = shown + (NEAR if shown < MANY else 0)
    if any(threshold is None or threshold <= near for threshold in ahead):
        check(letter)


@recent
def _ahead(letter: Letter) -> list[int | None]:
    """None is a share that waits for a head-count."""
    return [milestone.threshold for milestone in Milestone.ahead_of(letter)]


@recent
def _shown(letter: Letter) -> int:
    return counts.known(letter)


def _is_time(waiting: list[Milestone], told: int) -> bool:
    return told < MANY or any(milestone.threshold and milestone.threshold <= told for milestone in waiting)


def _count(letter: Letter, waiting: list[Milestone]) -> None:
    count = counts.total(letter)
    for milestone in waiting:
        if milestone.threshold is None:
            continue
        if milestone.threshold <= count:
            _reach(milestone, count)


def measure(letter: Letter) -> None:
    """What the shares that are ahead come to, after a head-count was corrected."""
    _measure(letter, Milestone.ahead_of(letter))


def _measure(letter: Letter, waiting: list[Milestone]) -> None:
    shares = [milestone for milestone in waiting if milestone.share]
    head_count = letter.head_count if shares else None
    for milestone in shares:
        milestone.measure(head_count)


@transaction.atomic
def _reach(milestone: Milestone, count: int) -> None:
    if not milestone.mark_reached(count):
        return
    letter, told = milestone.letter, {"key": f"milestone:{milestone.letter_id}:{milestone.threshold}"}
    readers = {
        deliveries.tell_organizers: milestone.is_for_organizers,
        deliveries.tell_followers: milestone.is_for_followers,
        deliveries.tell_recipients: milestone.is_for_recipients,
    }
    for tell in [tell for tell, is_wanted in readers.items() if is_wanted]:
        tell(letter, Delivery.Kind.MILESTONE, **told, milestone=milestone)
