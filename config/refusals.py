"""What settings may not say together, whatever each is alone. Told at start with all that is missing.

A site for this machine alone may do what nobody else sees; every other one is in production.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pyrage import RecipientError
from pyrage.x25519 import Recipient

from config import filesystems

Refusal = tuple[str, str]  # the variable, and what is wrong with it

LEAST_SIGNS, LEAST_DIFFERENT = 50, 10
FROM_A_BOOK = re.compile(
    r"change.?me|insecure|example|placeholder|your.{0,3}(secret|key)|password", re.IGNORECASE
)
READ_COMMITTED = "read committed"
ISOLATION = re.compile(r"default_transaction_isolation\s*=\s*'?([a-z]+\\?\s?[a-z]*)", re.IGNORECASE)


def is_here(site_url: str) -> bool:
    """Whether only this machine reaches the site."""
    host = urlsplit(site_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def found(
    *,
    site_url: str,
    secret_key: str,
    hosts: Sequence[str],
    debug: bool,
    database: dict[str, Any],
    backup_keys: Sequence[str] = (),
) -> Iterator[Refusal]:
    """Everything at once. What was not given at all is told elsewhere."""
    yield from _site(site_url)
    yield from _hosts(hosts, site_url)
    yield from _database(database)
    yield from _backup_keys(backup_keys)
    if not is_here(site_url):
        yield from _secret(secret_key)
        if debug:
            yield "DEBUG", "It shows everybody our settings and rows: unset it, here and for good."


def _site(site_url: str) -> Iterator[Refusal]:
    site = urlsplit(site_url)
    if (
        site.scheme not in ("http", "https")
        or not site.hostname
        or site_url != f"{site.scheme}://{site.netloc}"
    ):
        yield "SITE_URL", "It has to be scheme and host and nothing else, like https://letters.example.org."
    elif "@" in site.netloc:
        yield "SITE_URL", "It holds a name or a password, and stands in every link: take that out."
    elif site.scheme == "http" and not is_here(site_url) and not site.hostname.endswith(".onion"):
        yield "SITE_URL", "Not without https: whoever is on the line would read codes and names."


def _hosts(hosts: Sequence[str], site_url: str) -> Iterator[Refusal]:
    wild = [host for host in hosts if "*" in host or host.startswith(".")]
    if wild:
        yield (
            "ALLOWED_HOSTS",
            f"{', '.join(wild)} lets in names that anybody may choose: write each host out.",
        )
    host = urlsplit(site_url).hostname or ""
    if host and not wild and host not in {known.strip("[]").lower() for known in hosts}:
        yield "ALLOWED_HOSTS", f"It does not name the host of SITE_URL: add {host}."


def _secret(key: str) -> Iterator[Refusal]:
    make = 'Make a new one: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
    if not key:
        return
    if len(key) < LEAST_SIGNS or len(set(key)) < LEAST_DIFFERENT:
        yield "SECRET_KEY", f"It is too short or too simple. {make}"
    elif FROM_A_BOOK.search(key) or key in (key + key)[1:-1]:
        yield "SECRET_KEY", f"Somebody else could have it: it is made of words or repeats itself. {make}"


def _backup_keys(keys: Sequence[str]) -> Iterator[Refusal]:
    """An identity is told apart and never repeated: it would open the backups that are to be locked with it."""
    if any(key.upper().startswith("AGE-SECRET-KEY-") for key in keys):
        yield (
            "BACKUP_PUBLIC_KEYS",
            "That is an identity, which is secret. Only its public key, age1…, belongs here.",
        )
        return
    for key in keys:
        try:
            Recipient.from_str(key)
        except RecipientError:
            yield (
                "BACKUP_PUBLIC_KEYS",
                f"{key} is no public key of age. One looks like age1… and has 62 signs.",
            )


def _database(database: dict[str, Any]) -> Iterator[Refusal]:
    if database.get("ENGINE", "").endswith("sqlite3"):
        kind = filesystems.kind(Path(database.get("NAME") or "."))
        if filesystems.is_on_the_network(kind):
            yield (
                "DATABASE_URL",
                f"SQLite breaks on {kind}, a file system of the network: use a disk of this machine.",
            )
        return
    options = database.get("OPTIONS") or {}
    said = ISOLATION.search(unquote(str(options.get("options", ""))))
    isolation = options.get("isolation_level") or (said[1].replace("\\", "") if said else READ_COMMITTED)
    if str(isolation).lower().replace("_", " ").strip() != READ_COMMITTED:
        yield (
            "DATABASE_URL",
            f"It asks for the isolation “{isolation}”: the count relies on READ COMMITTED. Take it out.",
        )
