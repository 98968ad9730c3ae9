"""Circulars: a mail that many followers get, in the same words. It is written once, and addressed to each.

What differs is the address, the Message-ID and the secret of the link that ends it. It is written to somebody whom
nobody knows, and each reader's own are put in where those three stood.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from petitions import mail, subscribers
from petitions.crypto.sealing import NotSealedHere
from petitions.models import Delivery
from petitions.models.deliveries import new_message_id
from petitions.wire import to_line

SOMEBODY = "somebody@undersigned.example"
SOFT_BREAK = b"=\r\n"  # quoted-printable may cut a line anywhere
WORDS_OF = ("letter_id", "kind", "milestone_id", "update_told_id", "version_id", "publication_id")


class Own(NamedTuple):
    """A stretch of one of the reader's own words."""

    word: int
    start: int
    end: int | None  # None: to its end


@dataclass(frozen=True)
class Circular:
    envelope_sender: str
    head: bytes  # what stands above the reader's address
    rest: tuple[bytes | Own, ...]

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """What everybody gets who is told the same as this reader. Raises what `mail.compose` does."""
        sample = copy.copy(delivery)
        sample.subscription = subscribers.sealed(delivery.letter, address=SOMEBODY, mark=b"")
        sample.message_id = new_message_id()
        own = [sample.message_id, subscribers.opened(sample.subscription)["secret"]]
        message = mail.compose(sample)
        head, found, rest = message.as_email().as_bytes().partition(to_line(SOMEBODY))
        if not found:
            raise ValueError("addressed to nobody")
        return cls(message.envelope_sender, head, tuple(_cut(rest, own)))

    def to(self, delivery: Delivery) -> tuple[str, bytes]:
        """Address and mail of one reader. Raises `mail.Obsolete`."""
        if delivery.subscription is None:
            raise mail.Obsolete
        try:
            inside = subscribers.opened(delivery.subscription)
        except NotSealedHere:
            raise mail.Obsolete from None
        own = delivery.message_id.encode(), inside["secret"].encode()
        rest = (
            own[each.word][each.start : each.end] if isinstance(each, Own) else each for each in self.rest
        )
        return inside["address"], b"".join([self.head, to_line(inside["address"]), *rest])


def same_words(delivery: Delivery) -> tuple[object, ...]:
    """What two mails to followers have in common when their words are the same."""
    return tuple(getattr(delivery, name) for name in WORDS_OF)


def _cut(text: bytes, own: Sequence[str]) -> Iterator[bytes | Own]:
    """Where one of these words stands, also over the end of a line."""
    spread = "|".join(f"({f'(?:{SOFT_BREAK.decode()})?'.join(map(re.escape, word))})" for word in own)
    at = 0
    for found in re.finditer(spread.encode(), text):
        yield text[at : found.start()]
        assert found.lastindex
        yield from _stretches(found.lastindex - 1, found[0].split(SOFT_BREAK))
        at = found.end()
    yield text[at:]


def _stretches(word: int, stretches: list[bytes]) -> Iterator[bytes | Own]:
    start = 0
    for stretch in stretches[:-1]:
        yield Own(word, start, start + len(stretch))
        yield SOFT_BREAK
        start += len(stretch)
    yield Own(word, start, None)
