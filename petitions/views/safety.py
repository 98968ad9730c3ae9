"""What we know, what we could be made to hand over, and how long anything is kept: read from settings and rows."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from petitions import limits, pending
from petitions.documents.letters import domain_names
from petitions.flows import purges
from petitions.models import Attempt, AuditEvent, Challenge, Letter, OrganizerInvitation, Purge


@never_cache
@require_safe
def safety(request: HttpRequest) -> HttpResponse:
    context = {
        "code_domain": _domain(settings.CODE_FROM_EMAIL),
        "letter_domain": _domain(settings.DEFAULT_FROM_EMAIL),
        "code_minutes": _minutes(Challenge.LIFETIME.total_seconds()),
        "code_tries": Challenge.TRIES,
        "codes_a_day": limits.CODES.amount,
        "cookie_minutes": _minutes(pending.MAX_AGE),
        "asks_a_minute": limits.ASKS.amount,
        "smallest_batch": Letter.SMALLEST_BATCH,
        "retention_days": settings.RETENTION_DAYS,
        "proxies": settings.TRUSTED_PROXIES,
        "has_mailbox_only": bool(settings.MAILBOX_SOCKET),
        "mail_host": "" if _is_this_machine(settings.EMAIL_HOST) else settings.EMAIL_HOST,
        "is_mail_encrypted": settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL,
        "is_https": settings.IS_HTTPS,
        "onion_url": settings.ONION_URL,
        "letters": list(_letters()),
    }
    return render(request, "safety/safety.html", context)


@never_cache
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    last = Purge.objects.first()
    context = kept() | {"last": last, "left": list(_left(last)) if last else []}
    return render(request, "safety/privacy.html", context)


def kept() -> dict[str, Any]:
    """What is kept, and for how long: for the public and for organizers."""
    return {"retention_days": settings.RETENTION_DAYS, "rules": _rules()}


def _letters() -> Iterator[dict[str, Any]]:
    """Public ones that can be signed now; of one that only its link opens nothing is told."""
    for letter in Letter.objects.listed().signable():
        yield {
            "title": letter.title,
            "url": letter.get_absolute_url(),
            "domains": domain_names(letter),
            "takes_invitations": letter.sheets.valid().exists(),
        }


def _rules() -> list[dict[str, str]]:
    later = _("%(days)s days after the letter has closed") % {"days": settings.RETENTION_DAYS}
    rows = _of_signers(later) | _of_recipients_and_organizers(later) | _of_the_site()
    return [{"what": what, "when": when} for what, when in rows.items()]


def _of_signers(later: str) -> dict[str, str]:
    return {
        _("Your work address"): _(
            "not stored by this program; the mail servers on its way keep records of their own"
        ),
        _("A code that was asked for"): _("when it is used; otherwise an hour after it expired"),
        _("The mark that stops a second signature of your mailbox, and its key"): _("when the letter closes"),
        _("The checksum of an invitation's code"): _(
            "when it has signed or is voided; after a token, when the letter closes"
        ),
        _("What a withdrawn or hidden signature said"): _("at once"),
        _("Why a name should be taken down"): _("when organizers have decided"),
        _("Reports of letters"): _("when they have been dealt with"),
        _("Names, roles and sentences of signers; checksums of receipts"): later,
        _("Names that organizers copied from paper"): later,
        _("Addresses of followers"): _("when they leave; otherwise %(later)s") % {"later": later},
    }


def _of_recipients_and_organizers(later: str) -> dict[str, str]:
    return {
        _("Addresses of people who were asked to organize a letter, encrypted"): _(
            "when they accept, or the invitation is withdrawn; otherwise the night after its %(days)s days"
        )
        % {"days": OrganizerInvitation.LIFETIME.days},
        _("Addresses of recipients, and what their mail servers answered"): later,
        _("That a recipient wants no mail of this site: a keyed value of their address"): _(
            "when they take it back"
        ),
        _("What organizers noted when they handed a letter over"): later,
        _("What a recipient wrote and has not published, encrypted"): _(
            "when it is published; otherwise %(later)s"
        )
        % {"later": later},
        _("Links and sessions with which organizers sign in"): _("when they have expired"),
    }


def _of_the_site() -> dict[str, str]:
    return {
        _("That something was erased, so that a backup forgets it too: a keyed value of each, by month"): _(
            "when that month has been over for %(days)s days"
        )
        % {"days": settings.BACKUP_DAYS},
        _("Attempts to deliver a mail"): _("after %(days)s days") % {"days": Attempt.KEPT.days},
        _("What organizers and operators did"): _("after %(years)s years")
        % {"years": AuditEvent.KEPT.days // 365},
        _("Numbers, text, checksums, tokens, answers of recipients, organizers' accounts, drafts"): _(
            "not automatically"
        ),
    }


def _left(last: Purge) -> Iterator[dict[str, object]]:
    names = {
        "names": _("signers with a name or a role"),
        "papers": _("names copied from paper"),
        "receipts": _("anonymous or withdrawn signatures with a receipt"),
        "marks": _("marks of mailboxes"),
        "followers": _("followers' addresses, encrypted"),
        "takedowns": _("open requests to take a name down"),
        "reports": _("reports of letters"),
        "recipients": _("recipients' addresses"),
        "drafts": _("answers of recipients not published yet, encrypted"),
        "lists": _("lists of names on their way to recipients"),
        "attempts": _("attempts to deliver a mail"),
        "accounts": _("organizers' accounts"),
        "events": _("events in the record"),
    }
    for key, number in last.left.items():
        is_rounded = key in purges.IN_TENS
        yield {
            "name": names[key],
            "number": number,
            "is_rounded": is_rounded,
            "below": number + purges.TEN - 1,
        }


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]


def _minutes(seconds: float) -> int:
    return round(seconds / 60)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost")
