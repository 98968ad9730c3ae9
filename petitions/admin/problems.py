"""What about a letter needs a person now, one sentence each, with the page where something can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions.admin import troubles
from petitions.flows import bursts
from petitions.models import Domain, Letter


@dataclass(frozen=True)
class Problem:
    """`to` names a page of the letter; without one there is nothing to press."""

    sentence: str
    to: str = ""


def of(letter: Any, domains: list[Domain]) -> list[Problem]:
    """Of a letter that was read with its figures."""
    found = [
        Problem(_undecided(letter.undecided), "deliveries"),
        Problem(_refused(letter.refused), "deliveries"),
        *(Problem(sentence, "deliveries") for sentence in troubles.said(letter).sentences),
        Problem(_under_review(letter.under_review), "review"),
        Problem(_statements(letter.statements), "review"),
        Problem(_takedowns(letter.takedowns_waiting), "takedowns"),
        *(Problem(_codes(domain)) for domain in domains if _is_asked_through(letter, domain)),
    ]
    return [problem for problem in found if problem.sentence]


def _is_asked_through(letter: Letter, domain: Domain) -> bool:
    return letter.is_open and bursts.is_near(domain)


def _codes(domain: Domain) -> str:
    """No number: it would say how many colleagues are signing at this moment."""
    sentence = _(
        "Many codes for mailboxes at %(name)s are asked for and not typed this hour. Perhaps mail to them is late, "
        "or somebody goes through a directory. If it goes on, they get no more."
    )
    return sentence % {"name": domain.name}


def _undecided(number: int) -> str:
    return _said(
        ngettext(
            "%(number)s mail may have arrived or not. Decide about it.",
            "%(number)s mails may have arrived or not. Decide about them.",
            number,
        ),
        number,
    )


def _refused(number: int) -> str:
    return _said(
        ngettext(
            "%(number)s letter was refused by the recipient's mail server. Read its answer.",
            "%(number)s letters were refused by the recipients' mail servers. Read their answers.",
            number,
        ),
        number,
    )


def _under_review(number: int) -> str:
    return _said(
        ngettext("%(number)s name waits for a look.", "%(number)s names wait for a look.", number), number
    )


def _statements(number: int) -> str:
    return _said(
        ngettext(
            "%(number)s statement is not shown. Read it, and decide.",
            "%(number)s statements are not shown. Read them, and decide.",
            number,
        ),
        number,
    )


def _takedowns(number: int) -> str:
    return _said(
        ngettext(
            "%(number)s request to take a name down waits.",
            "%(number)s requests to take a name down wait.",
            number,
        ),
        number,
    )


def _said(sentence: str, number: int) -> str:
    """Nothing of nothing."""
    return sentence % {"number": number} if number else ""
