"""Secrets that a person types or keeps: codes (8 characters), invitations (16) and receipts (28)."""

import hashlib
import secrets
import unicodedata

from petitions.crypto.letters import Alphabet

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CHANCE = Alphabet(ALPHABET)
DASHES_AND_SPACES = "-\u2010\u2011\u2012\u2013\u2014 \t\r\n"
CODE_LENGTH = 8  # 39 bits: five tries in fifteen minutes
RECEIPT_LENGTH = 28  # 137 bits: no try limit needed
INVITATION_LENGTH = 16  # 73 bits at least: no try limit needed either
FORMER = "F"  # how invitations of former employees begin, and no others


def new_code() -> str:
    return CHANCE.drawn(CODE_LENGTH)


def new_receipt() -> str:
    return CHANCE.drawn(RECEIPT_LENGTH)


def new_invitation(*, is_former: bool) -> str:
    """Its first letter says which of a letter's two keys will sign: needed before anything is sent."""
    first = FORMER if is_former else secrets.choice(ALPHABET.replace(FORMER, ""))
    return first + CHANCE.drawn(INVITATION_LENGTH - 1)


def receipt_from(*parts: str) -> str:
    """A receipt as good as the parts are secret: the same parts give the same, others never do."""
    number = int.from_bytes(digest("\x00".join(("receipt", *parts))))
    letters = []
    for _ in range(RECEIPT_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def canonical(typed: str) -> str:
    """What was meant: any case, full-width letters, with or without dashes and spaces."""
    folded = unicodedata.normalize("NFKC", typed).upper()
    return "".join(letter for letter in folded if letter not in DASHES_AND_SPACES)


def is_receipt(text: str) -> bool:
    return len(text) == RECEIPT_LENGTH and set(text) <= set(ALPHABET)


def is_invitation(text: str) -> bool:
    return len(text) == INVITATION_LENGTH and set(text) <= set(ALPHABET)


def grouped(secret: str) -> str:
    """In fours, as people read them: XXXX-XXXX."""
    return "-".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def digest(secret: str) -> bytes:
    """SHA-256, 32 bytes: all that is stored of a receipt."""
    return hashlib.sha256(secret.encode()).digest()
