"""What the world is told about our senders' domains: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489).

No name but the senders' own is asked for. Without an answer nothing is known, and that is said. A command alone asks:
pages have to come at once, and their process loads none of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parseaddr

import dns.resolver
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer

from config.refusals import is_here
from petitions.doctor.findings import Check, Finding, Unknown, Wrong, examine

SECONDS = 5.0  # for one name
ANYBODY = re.compile(r"[+?]?all$")


def of_letters() -> str:
    return _sender(settings.DEFAULT_FROM_EMAIL)


def of_codes() -> str:
    return _sender(settings.CODE_FROM_EMAIL)


CHECKS = (
    Check(gettext_lazy("Sender of letters"), of_letters),
    Check(gettext_lazy("Sender of codes"), of_codes),
)


def of_both() -> Iterator[Finding]:
    """What mail servers elsewhere think of them."""
    return examine(CHECKS)


def _sender(address: str) -> str:
    if is_here(settings.SITE_URL) or not settings.EMAIL_HOST:
        return _("Not asked: this site is for this machine alone.")
    domain = parseaddr(address)[1].rpartition("@")[2]
    if _texts(domain) is None:
        raise Wrong(_("%(domain)s is no domain that name servers know.") % {"domain": domain})
    wrong = [sentence for look in (_spf, _dkim, _dmarc) if (sentence := look(domain))]
    if wrong:
        raise Wrong(f"{domain}: {' '.join(wrong)}")
    sentence = _(
        "%(domain)s has SPF, DMARC and some key of DKIM. Whether mails are signed shows in a test mail."
    )
    return sentence % {"domain": domain}


def _spf(domain: str) -> str:
    found = [text for text in _texts(domain) or [] if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return _("No SPF: publish which servers send its mails.")
    if len(found) > 1:
        return _("Two entries of SPF count as none: keep one.")
    if ANYBODY.fullmatch(found[0].lower().split()[-1]):
        return _("Its SPF lets everybody send: end it with -all or ~all.")
    return ""


def _dkim(domain: str) -> str:
    """The keys' names are not known; where there is none, the name above them does not exist either (RFC 8020)."""
    if _texts(f"_domainkey.{domain}") is None:
        return _("No key of DKIM: let the mail server sign, and publish its key.")
    return ""


def _dmarc(domain: str) -> str:
    """Its own, or that of a domain above it."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        above = ".".join(labels[start:])
        texts = _texts(f"_dmarc.{above}") or []
        if any(re.match(r"v=DMARC1\s*;.*\bp\s*=", text, re.IGNORECASE) for text in texts):
            return ""
    return _("No DMARC: say what others do with mails that only look like its own.")


def _texts(name: str) -> list[str] | None:
    """None where neither the name nor one below it exists. Raises `Unknown` when nobody answers."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=SECONDS, search=False)
    except NXDOMAIN:
        return None
    except NoAnswer:
        return []
    except (DNSException, OSError) as error:
        sentence = _("Could not look: no name server told of %(name)s (%(error)s).")
        raise Unknown(sentence % {"name": name, "error": type(error).__name__}) from None
    return [b"".join(row.strings).decode("utf-8", "replace") for row in answer]
