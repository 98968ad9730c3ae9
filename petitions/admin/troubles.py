"""What is wrong with the mails and numbers of a letter, one sentence each, for whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions.admin import figures
from petitions.models import Letter


@dataclass(frozen=True)
class Troubles:
    """`undecided` is the number of mails that wait for a decision; `sentences` says the rest."""

    undecided: int
    sentences: list[str]


def of(letter: Letter) -> Troubles:
    return said(figures.of(letter))


def said(letter: Any) -> Troubles:
    """Of a letter that was read with its figures."""
    sentences = [_paused(letter), _signing(letter), _held(letter.held), _late(letter.late), _wrong(letter)]
    return Troubles(letter.undecided, [sentence for sentence in sentences if sentence])


def paused(letter: Letter) -> str:
    """Why no mail of it leaves now, if none does."""
    return _paused(figures.of(letter))


def too_late(number: int) -> str:
    """For whoever has just paused."""
    if not number:
        return _("None was on its way out.")
    sentence = ngettext(
        "%(number)s mail was being handed to the mail server and cannot be stopped any more.",
        "%(number)s mails were being handed to the mail server and cannot be stopped any more.",
        number,
    )
    return sentence % {"number": number}


def _signing(letter: Any) -> str:
    is_paused = letter.is_open and letter.is_signing_paused
    return _("An operator has paused signing for the whole site.") if is_paused else ""


def _paused(letter: Any) -> str:
    if letter.is_paused:
        return _("Mails of this letter are paused: none leaves until an owner lets them.")
    if letter.is_site_paused:
        return _("Mails of the whole site are paused by an operator.")
    return ""


def _wrong(letter: Any) -> str:
    if letter.is_wrong:
        return _("A number that this letter shows is not what its signatures say. An operator has to look.")
    return ""


def _held(number: int) -> str:
    if not number:
        return ""
    sentence = ngettext(
        "%(number)s mail is held: an operator has to release it.",
        "%(number)s mails are held: an operator has to release them.",
        number,
    )
    return sentence % {"number": number}


def _late(number: int) -> str:
    if not number:
        return ""
    sentence = ngettext(
        "%(number)s mail has been waiting for over an hour. It is tried again by itself.",
        "%(number)s mails have been waiting for over an hour. They are tried again by themselves.",
        number,
    )
    return sentence % {"number": number}
