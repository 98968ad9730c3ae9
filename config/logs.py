"""What a log line may hold: never an address, a code, a client or a path with a secret in it."""

import ipaddress
import logging
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


KEPT = frozenset([*vars(logging.makeLogRecord({})), "message", "asctime"])


class Nameless(logging.Filter):
    """Keeps what every record has, and drops what else was hung on it.

    Django's request, for one, holds cookies, posted fields and the client's address.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        for name in set(vars(record)) - KEPT:
            delattr(record, name)
        return True


class Line(logging.Formatter):
    """One formatted record, traceback included, masked as a whole."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
