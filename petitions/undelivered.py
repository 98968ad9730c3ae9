"""Codes that a mail server did not take, counted by domain for operators: by the clock's hour and under the day's
pseudonyms, and told in tens, so that no single mailbox stands out."""

from __future__ import annotations

from collections import Counter

from django.utils import timezone
from limits import RateLimitItemPerHour

from petitions import limits
from petitions.limits import Try

STEP = 10
FAILED = RateLimitItemPerHour(1_000_000, 1, "undelivered")


def note(*addresses: str) -> None:
    hour = _hour()
    domains = Counter(address.rpartition("@")[2].lower() for address in addresses)
    if domains:
        limits.counts(*(Try(FAILED, (hour, domain), number) for domain, number in domains.items()))


def tens(domain: str) -> int:
    """Of this hour, rounded down to a multiple of ten."""
    return limits.count(FAILED, _hour(), domain) // STEP * STEP


def _hour() -> str:
    return timezone.now().strftime("%Y-%m-%dT%H")
