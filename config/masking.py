"""A text without whom it names: addresses of mail and network, and secrets that stand in a path."""

from __future__ import annotations

import ipaddress
import re

ADDRESS = re.compile(r"[^\s<>\"'=:,;()]+@[^\s<>\"'=:,;()]+")
NUMBERS = re.compile(r"(?<![\w.:])[0-9a-fA-F]*[:.][0-9a-fA-F:.]+(?:%\w+)?(?![\w])")
PATH = re.compile(r"/(unsubscribe|answer|organize|accounts/link)/[^\s/]+")


def masked(text: str) -> str:
    """The text without mail addresses, network addresses and secrets that stand in a path."""
    text = ADDRESS.sub("[address]", text)
    text = NUMBERS.sub(_masked_number, text)
    return PATH.sub(r"/\1/[secret]", text)


def _masked_number(found: re.Match[str]) -> str:
    """A clock's time looks almost like an IPv6 address; only what parses as an address is one."""
    text = found[0].rstrip(".:") if not found[0].endswith("::") else found[0]
    for candidate in (text, text.rpartition(":")[0]):
        try:
            ipaddress.ip_address(candidate.partition("%")[0])
        except ValueError:
            continue
        return found[0].replace(candidate, "[client]", 1)
    return found[0]
