"""The way to the next milestone, or to the goal when all are reached: in a sentence and as a share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from petitions.models import Letter, Milestone


@dataclass(frozen=True)
class Progress:
    target: int
    left: int
    is_goal: bool

    @property
    def sentence(self) -> str:
        numbers = {"left": intcomma(self.left), "target": intcomma(self.target)}
        if self.is_goal:
            return _("%(left)s more to the goal of %(target)s") % numbers
        return _("%(left)s more to the milestone of %(target)s") % numbers

    @property
    def share(self) -> float:
        return (self.target - self.left) / self.target


def of(letter: Letter, milestones: Iterable[Milestone], total: int) -> Progress | None:
    if letter.is_closed:
        return None
    waiting = [m.threshold for m in milestones if m.threshold and not m.reached_at]
    ahead = sorted(threshold for threshold in waiting if threshold > total)  # one that was reached stays so
    if ahead:
        return Progress(ahead[0], ahead[0] - total, is_goal=False)
    if letter.goal and letter.goal > total:
        return Progress(letter.goal, letter.goal - total, is_goal=True)
    return None
