"""What the number consists of, in sentences that pages, mails and the PDF share. They claim no more than is so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions.models import Invalid


def count_sentences(count: dict[str, Any], domains: Sequence[str]) -> list[str]:
    """`count` is the JSON form of a tally: total, named, anonymous {sealed, by_policy}, by_proof."""
    by_policy = count["anonymous"]["by_policy"]
    anonymous = by_policy + count["anonymous"]["sealed"]
    sentences = [_total(count["total"], count["named"], anonymous)]
    mailboxes = count["by_proof"].get("mailbox", 0)
    if mailboxes:
        sentences.append(_mailboxes(mailboxes, ", ".join(domains)))
    invitations = count["by_proof"].get("invitation", 0)
    if invitations:
        sentences.append(_invitations(invitations))
    former = count["by_proof"].get("former", 0)
    if former:
        sentences.append(_former(former))
    if by_policy:
        sentences.append(_by_policy(by_policy))
    return sentences


def paper_sentences(entries: Sequence[dict[str, Any]]) -> list[str]:
    """One for each entry of `Paper.as_json`: said beside the count, and never added to it."""
    return [_paper(entry["way"], entry["number"], entry["note"]) for entry in entries if entry["number"]]


def _paper(way: str, number: int, note: str) -> str:
    text = (
        _("Not in this number: %(number)s on paper, entered by the organizers: %(note)s")
        if way == "paper"
        else _("Not in this number: %(number)s from earlier, entered by the organizers: %(note)s")
    )
    return text % {"number": intcomma(number), "note": note}


def invalid_sentences(figures: Iterable[Invalid]) -> list[str]:
    """What is not counted, so that whoever remembers a higher number reads where it went."""
    return [_invalid(figure.signatures, figure.reason) for figure in figures]


def _invalid(number: int, reason: str) -> str:
    text = ngettext(
        "%(number)s signature was declared invalid by the organizers and is not counted: %(reason)s",
        "%(number)s signatures were declared invalid by the organizers and are not counted: %(reason)s",
        number,
    )
    return text % {"number": intcomma(number), "reason": reason}


def _total(total: int, named: int, anonymous: int) -> str:
    text = ngettext(
        "%(total)s signature: %(named)s named, %(anonymous)s anonymous.",
        "%(total)s signatures: %(named)s named, %(anonymous)s anonymous.",
        total,
    )
    return text % {"total": intcomma(total), "named": intcomma(named), "anonymous": intcomma(anonymous)}


def _mailboxes(number: int, domains: str) -> str:
    text = ngettext(
        "%(number)s distinct work mailbox at %(domains)s, by typed code; names are as typed, not checked.",
        "%(number)s distinct work mailboxes at %(domains)s, by typed code; names are as typed, not checked.",
        number,
    )
    return text % {"number": intcomma(number), "domains": domains}


def _invitations(number: int) -> str:
    text = ngettext(
        "%(number)s distinct invitation that organizers handed out; to whom, this site does not know.",
        "%(number)s distinct invitations that organizers handed out; to whom, this site does not know.",
        number,
    )
    return text % {"number": intcomma(number)}


def _former(number: int) -> str:
    text = ngettext(
        "%(number)s distinct invitation meant for former employees; to whom it went, this site does not know.",
        "%(number)s distinct invitations meant for former employees; to whom they went, this site does not know.",
        number,
    )
    return text % {"number": intcomma(number)}


def _by_policy(number: int) -> str:
    text = ngettext(
        "%(number)s is anonymous by policy: that it cannot be linked is our promise, not mathematics.",
        "%(number)s are anonymous by policy: that they cannot be linked is our promise, not mathematics.",
        number,
    )
    return text % {"number": intcomma(number)}
