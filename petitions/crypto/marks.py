"""Marks: keyed one-way values of mailboxes, so that one mailbox counts once and no address is kept.

HMAC-SHA256 (RFC 2104) under a random key for each letter and purpose. A plain hash would not do: whoever owns
the staff directory can hash all of it.
"""

import hashlib
import hmac

from email_validator import EmailNotValidError, validate_email

LONGEST = 254  # octets of an address, RFC 5321


class AddressNotUsable(Exception):
    """Not an address we can count by: not ASCII before the @, quoted, routed, or no address at all."""


def split(address: str) -> tuple[str, str]:
    """Local part as typed, and the domain in lower-case IDNA ASCII. Raises `AddressNotUsable`."""
    if len(address) > LONGEST:
        raise AddressNotUsable
    try:
        parsed = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        raise AddressNotUsable from None
    if not address.isascii() and not address.split("@")[0].isascii():
        raise AddressNotUsable  # the Kelvin sign and its like fold into ASCII letters
    if "%" in parsed.local_part or parsed.local_part.startswith("-") or "." not in parsed.ascii_domain:
        raise AddressNotUsable
    return parsed.local_part, parsed.ascii_domain.lower()


def mailbox(address: str, *, ignores_dots: bool = False) -> str:
    """One spelling for all spellings of a mailbox: case and plus tag dropped, dots where the domain ignores them."""
    return spelled("@".join(split(address)), ignores_dots=ignores_dots)


def spelled(address: str, *, ignores_dots: bool = False) -> str:
    """The same of an address that was put together again from what `split` gave, which takes ten times as long."""
    local, _at, domain = address.rpartition("@")
    local = local.lower().split("+", 1)[0]
    if ignores_dots:
        local = local.replace(".", "")
    if not local:
        raise AddressNotUsable
    return f"{local}@{domain}"


def mark(key: bytes, *, purpose: str, letter: str, mailbox: str) -> bytes:
    """32 bytes that only this key gives for this letter, purpose and mailbox."""
    text = "\x00".join(("undersigned", purpose, letter, mailbox))
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
