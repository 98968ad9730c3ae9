"""Letters to start from, so that nobody begins with an empty page. Whoever takes one makes it their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Start:
    key: str
    name: str | Promise
    fits: str | Promise
    title: str | Promise
    text: str | Promise
    demands: Sequence[tuple[str | Promise, str | Promise]]


DEMANDS = Start(
    "demands",
    _("Demand letter"),
    _("You want a decision changed, and can say by when."),
    _("[What we ask for], by [day]"),
    _(
        "Dear [name],\n\n"
        "we work at [workplace], and we write to you because of [what happened], which was announced on [day].\n\n"
        "It concerns us because [what it does to our work, to our customers or to others]. We have raised it before: "
        "[when, with whom, and what came of it].\n\n"
        "We want this workplace to do well. That is why we say openly what many of us have said among ourselves, and "
        "why we ask for the following.\n\n"
        "Please answer each point by [day]. We are ready to meet you."
    ),
    [
        (
            _("Stop [the decision] until those whom it concerns have been heard"),
            _("Until then, leave things as they were on [day]."),
        ),
        (
            _("Publish [the figures, the contract, the reasons]"),
            _("So that we can talk about the same facts."),
        ),
        (
            _("Give employees a say in decisions like this one"),
            _("Name who is responsible, and a way by which we are asked before and not after."),
        ),
    ],
)
SOLIDARITY = Start(
    "solidarity",
    _("Solidarity letter"),
    _("Colleagues were treated badly, and should not stand alone."),
    _("We stand with [whom]"),
    _(
        "Dear [name],\n\n"
        "on [day] [what was done to whom]. We are their colleagues at [workplace]. Some of us work beside them every "
        "day, others have never met them. All of us have read what happened.\n\n"
        "They did what we would want any colleague to do: [what they did]. If that is punished, the next of us will "
        "keep silent, and this workplace will be worse for it.\n\n"
        "We stand with them, and we ask for the following."
    ),
    [
        (
            _("Take back [the dismissal, the warning, the transfer]"),
            _("With pay and position as they were before."),
        ),
        (
            _("Say in writing that nobody is punished for speaking up or for signing this letter"),
            _("To all employees, by [day]."),
        ),
        (_("Have what happened looked into by somebody independent"), _("And tell us what was found.")),
    ],
)
SAFETY = Start(
    "safety",
    _("Safety complaint"),
    _("Something at work is dangerous, and was reported without effect."),
    _("Make [place or work] safe"),
    _(
        "Dear [name],\n\n"
        "[place or work] is dangerous. Since [day], [how many] of us have been hurt or nearly hurt:\n\n"
        "- [day]: [what happened]\n"
        "- [day]: [what happened]\n\n"
        "It was reported on [day] to [whom]. [What was done since, or: nothing was done since.]\n\n"
        "Nobody should have to choose between their health and their shift. We ask for the following, in this order. "
        "If there is no answer by [day], we will turn to [the authority]."
    ),
    [
        (
            _("Stop [the dangerous work] today, with full pay, until it is safe"),
            _("And tell everybody who works there."),
        ),
        (_("Mend [the cause] by [day]"), _("And say who is responsible for it.")),
        (
            _("Let a safety representative whom we choose look at it before it starts again"),
            _("With the right to stop the work."),
        ),
    ],
)
SIGNING_LINE = _("Employees of [workplace]")
STARTS = {start.key: start for start in (DEMANDS, SOLIDARITY, SAFETY)}
