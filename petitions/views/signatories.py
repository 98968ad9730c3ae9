"""The names on a letter's own page: who stands above, who came first, who came last."""

from __future__ import annotations

from dataclasses import dataclass

from petitions.models import Letter
from petitions.models.signatures import SignatureQuerySet
from petitions.models.words import Line

FIRST = 5
LATEST = 20
WHOLE = FIRST + LATEST  # names that one list shows without cutting it


@dataclass(frozen=True)
class Signatories:
    """`first` is empty where `latest` has them all; nobody stands twice."""

    pinned: list[Line]
    first: list[Line]
    latest: list[Line]

    def __bool__(self) -> bool:
        return bool(self.pinned or self.latest)


def of(letter: Letter) -> Signatories:
    """In three queries at most, however many have signed."""
    named = letter.signatures.all().named()
    others = named.filter(is_pinned=False)
    latest = others.latest_first()[: WHOLE + 1].lines()
    return Signatories(
        pinned=named.filter(is_pinned=True).first_first().lines(),
        first=_first(others) if len(latest) > WHOLE else [],
        latest=latest[:LATEST] if len(latest) > WHOLE else latest,
    )


def _first(signatures: SignatureQuerySet) -> list[Line]:
    return signatures.first_first()[:FIRST].lines()
