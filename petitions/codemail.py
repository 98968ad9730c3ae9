"""The mail with a code: it differs from the next one in four words, and the rest is put together once.

To put a mail together takes Python longer than all that is said to the mail server.
"""

from __future__ import annotations

import re
import secrets
from email.utils import formatdate, make_msgid, parseaddr
from functools import lru_cache

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.message import SafeMIMEText

BLANK = "\x00"  # where the code stands in the words of the mail
MARK = f"blank{secrets.token_hex(8)}"
WORDS = ("address", "code", "number", "moment")
FOUND = re.compile(rf"{MARK}(\w+)@blank\.invalid".encode())


class CodeMail(EmailMessage):
    """Its address came through a form: ASCII, and nothing in it begins another line."""

    def __init__(self, subject: str, body: str, *, sender: str, address: str, code: str) -> None:
        number = make_msgid(domain=_domain(sender))
        super().__init__(subject, body.replace(BLANK, code), sender, [address], headers=_headers(number))
        self._pieces = _pieces(subject, body, sender)
        self._words = {b"address": address, b"code": code, b"number": number[1:-1]}

    def lines(self) -> bytes:
        """As it goes over the wire."""
        words = self._words | {b"moment": formatdate(localtime=settings.EMAIL_USE_LOCALTIME)}
        pieces = list(self._pieces)
        pieces[1::2] = [words[name].encode("ascii") for name in pieces[1::2]]
        return b"".join(pieces)


def _headers(number: str) -> dict[str, str]:
    return {"Message-ID": number, "Auto-Submitted": "auto-generated"}


@lru_cache(maxsize=8)
def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2]


@lru_cache(maxsize=8)
def _pieces(subject: str, body: str, sender: str) -> tuple[bytes, ...]:
    """Of the mail in one language: what is the same in all of them, and names of words, in turn."""
    address, code, number, moment = (f"{MARK}{name}@blank.invalid" for name in WORDS)
    headers = _headers(f"<{number}>") | {"Date": moment}
    mail = EmailMessage(subject, body.replace(BLANK, code), sender, [address], headers=headers)
    text = mail.message()
    assert isinstance(text, SafeMIMEText)  # a code has no other part
    pieces = FOUND.split(text.as_bytes(linesep="\r\n"))
    assert sorted(pieces[1::2]) == sorted(word.encode() for word in WORDS), "it is not written in plain words"
    return tuple(pieces)
