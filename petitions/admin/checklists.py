"""What to do before a letter opens, and before it is delivered: each item done or not, and where it is done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions.flows import organizers

BRACKETS = re.compile(r"\[[^\W\d_][^\]\n]{0,200}\](?![(\[])")


@dataclass(frozen=True)
class Item:
    """`says` is what was found, or what is to be done; `is_needed` when the step is refused without it."""

    name: str
    is_done: bool
    says: str
    url: str
    is_needed: bool = False


def to_opening(letter: Any) -> list[Item]:
    """Of a letter that was read with its figures."""
    return [
        _text(letter),
        _demands(letter),
        _recipients(letter),
        _workplaces(letter),
        *_brackets(letter),
        *_times(letter),
        *_second_step(letter),
        _retention(letter),
        _test_mail(letter),
    ]


def to_delivering(letter: Any, total: int) -> list[Item]:
    return [
        _closed(letter),
        _signatures(letter, total),
        _decided(letter),
        _reachable(letter),
        _answers(letter),
        _flowing(letter),
        _test_mail(letter),
    ]


def _text(letter: Any) -> Item:
    is_done = bool(letter.text.strip())
    says = _("It is written.") if is_done else _("Say what is wrong, and what you ask for.")
    return Item(_("Text"), is_done, says, _form(letter, "id_text"), is_needed=True)


def _demands(letter: Any) -> Item:
    number = letter.demand_count
    made = ngettext("%(number)s demand.", "%(number)s demands.", number) % {"number": number}
    says = made if number else _("Number what you ask for, so that each can be answered by itself.")
    return Item(_("Demands"), bool(number), says, _form(letter, "demands-group"), is_needed=True)


def _recipients(letter: Any) -> Item:
    number = letter.recipient_count
    named = ngettext("%(number)s recipient.", "%(number)s recipients.", number) % {"number": number}
    says = named if number else _("Name who is to answer. Nothing is sent to them before you deliver.")
    return Item(_("Recipients"), bool(number), says, _form(letter, "recipients-group"), is_needed=True)


def _workplaces(letter: Any) -> Item:
    is_done = letter.has_workplace
    says = _("Chosen.") if is_done else _("Choose whose mailboxes may sign.")
    return Item(_("Workplaces"), is_done, says, _form(letter, "signing"), is_needed=True)


def _brackets(letter: Any) -> list[Item]:
    """What a letter to start from had left to fill in; links in Markdown have an address behind theirs."""
    demands = (words for demand in letter.demands.all() for words in (demand.title, demand.text))
    found = BRACKETS.search("\n".join([letter.title, letter.signing_line, letter.text, *demands]))
    if not found:
        return []
    says = _("“%(words)s” waits for words of your own. There may be more.") % {"words": found[0]}
    return [Item(_("Brackets"), is_done=False, says=says, url=_form(letter, "id_text"))]


def _times(letter: Any) -> list[Item]:
    """Only when something is wrong with them: most letters need none."""
    if not letter.closes_at or letter.closes_at > timezone.now():
        return []
    says = _("The closing time has passed. Choose a later one, or none.")
    return [Item(_("Times"), is_done=False, says=says, url=_form(letter, "signing"), is_needed=True)]


def _second_step(letter: Any) -> list[Item]:
    """Where it is asked for: on one's own machine it is only offered."""
    if not settings.SECOND_FACTOR_REQUIRED:
        return []
    missing = lacking_second_step(letter)
    says = missing or _("Each owner has one.")
    return [Item(_("Second step of sign-in"), not missing, says, reverse("mfa_index"), is_needed=True)]


def lacking_second_step(letter: Any) -> str:
    """Who of the owners, or nothing."""
    who = ", ".join(owner.email for owner in organizers.unprotected(letter))
    return who and _("Each owner needs a second step of sign-in. Without one: %(who)s.") % {"who": who}


def _retention(letter: Any) -> Item:
    says = _("Read what this site keeps about signers, and for how long. They will ask you.")
    return Item(
        _("What is kept"),
        letter.retention_seen_at is not None,
        _read_on(letter.retention_seen_at) or says,
        _page(letter, "retention"),
    )


def _test_mail(letter: Any) -> Item:
    sent = letter.test_mail_at
    done = sent and _("Sent to you on %(day)s. Read it as a recipient would.") % {"day": date_format(sent)}
    says = done or _("Send the mail to yourself, and read it as a recipient would.")
    return Item(_("Test mail"), bool(sent), says, _page(letter, "preview_mail"))


def _closed(letter: Any) -> Item:
    says = _("Nobody can sign any more: the number is final.")
    if letter.is_open:
        says = _("People can still sign. Close it, so that the number you deliver is the final one.")
    return Item(
        _("Closed"), not letter.is_open, says, _page(letter, "close" if letter.is_open else "signatures")
    )


def _signatures(letter: Any, total: int) -> Item:
    number = ngettext("%(number)s signature.", "%(number)s signatures.", total) % {"number": total}
    says = number if total else _("Nobody has signed yet.")
    return Item(_("Signatures"), total > 0, says, _page(letter, "signatures"))


def _decided(letter: Any) -> Item:
    waiting = letter.under_review + letter.takedowns_waiting
    number = ngettext("%(number)s decision waits for you.", "%(number)s decisions wait for you.", waiting)
    says = number % {"number": waiting} if waiting else _("None waits for you.")
    to = "review" if letter.under_review or not waiting else "takedowns"
    return Item(_("Names to decide"), not waiting, says, _page(letter, to))


def _reachable(letter: Any) -> Item:
    number = letter.reachable_count
    says = ngettext("%(number)s recipient takes mail.", "%(number)s recipients take mail.", number) % {
        "number": number
    }
    return Item(_("Recipients"), number > 0, says, _form(letter, "recipients-group"), is_needed=True)


def _answers(letter: Any) -> Item:
    is_done = bool(letter.contact_address)
    says = _("Replies go to %(address)s.") % {"address": letter.contact_address}
    if not is_done:
        says = _("Without an address of its own, recipients answer on a page that the mail links to.")
    return Item(_("Address for answers"), is_done, says, _form(letter, "answers"))


def _flowing(letter: Any) -> Item:
    is_paused = letter.is_paused or letter.is_site_paused
    says = _("Mails are paused: none would leave.") if is_paused else _("Nothing is paused.")
    return Item(_("Mail"), not is_paused, says, _page(letter, "deliveries"))


def _read_on(moment: Any) -> str:
    return _("Read on %(day)s.") % {"day": date_format(moment)} if moment else ""


def _page(letter: Any, name: str) -> str:
    return reverse(f"admin:petitions_letter_{name}", args=[letter.pk])


def _form(letter: Any, part: str) -> str:
    return f"{_page(letter, 'edit')}#{part}"
