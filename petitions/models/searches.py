"""Finding names in a list: the latest that have each word, without reading all where many do, or hardly any.

Common words are soon met among the latest, and by their pieces would be found far too often; what is rare is found by
its pieces. On PostgreSQL the second is asked where the first one met too few.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func
from django.db.models.functions import Coalesce

from petitions.models import pieces, prepared
from petitions.models.letters import Letter
from petitions.models.prepared import Given
from petitions.models.signatures import Signature, SignatureQuerySet
from petitions.models.words import SHOWN, Line, line, searchable
from petitions.models.workplaces import Workplace

LATEST = 20_000  # signatures, among which a page of what is common is met
KEPT = 10  # seconds that a process goes by which ones they were: a few newer ones do no harm
READ = ("id", "signed_at", "signed_on", "workplace_id", *SHOWN)
FIRST = """
SELECT found.id, signed_on, place.name, {shown} FROM ({found} LIMIT %s) AS found
LEFT JOIN petitions_workplace AS place ON place.id = workplace_id ORDER BY signed_at DESC, found.id
"""
EVER = datetime.min.replace(tzinfo=UTC)  # since when the latest were signed, where these are all


class First(prepared.Rows):
    """The first that a queryset finds, up to `most`, as lists show them: only of those their workplaces are read."""

    @cached_property
    def _compiled(self) -> Any:
        compiler, words, given = super()._compiled
        shown = ", ".join(f"found.{column}" for column in SHOWN)
        return compiler, FIRST.format(found=words, shown=shown), (*given, Given("most"))

    def _read(self, row: Any) -> Line:
        """As PostgreSQL gives it."""
        return line(*row)


def first(letter: Letter, words: str, most: int, *, workplace: Workplace | None = None) -> list[Line]:
    """The latest that match, no more than `most`."""
    if not pieces.are_indexed():
        rows = letter.signatures.all().named().from_workplace(workplace).matching(words)
        return rows.latest_first()[:most].lines()
    sought = searchable(words).split()
    patterns = [f"%{connection.ops.prep_for_like_query(word)}%" for word in sought]
    values = {"letter": letter.pk, "patterns": patterns, "most": most}
    values |= {"workplace": workplace.pk} if workplace else {}
    latest, by_pieces = THERE if workplace else EVERYWHERE
    if not pieces.are_rare(sought):
        since = _since(letter.pk, workplace, LATEST, int(time.monotonic() // KEPT))
        met = latest.all(since=since, **values)
        if len(met) == most or since == EVER:
            return met
    return by_pieces.all(pieces=pieces.telling(sought), **values)


@lru_cache(maxsize=1_000)
def _since(letter: int, workplace: Workplace | None, latest: int, _when: int) -> datetime:
    """Behind which moment so many were signed."""
    rows = Signature.objects.filter(letter=letter).named().from_workplace(workplace).latest_first()
    return rows.values_list("signed_at", flat=True)[latest : latest + 1].first() or EVER


def forget() -> None:
    _since.cache_clear()


def _listed(letter: Any) -> SignatureQuerySet:
    return Signature.objects.filter(letter=letter, is_under_review=False).named().latest_first()


def _have_words() -> Func:
    return Func(
        F("search"),
        Given("patterns"),
        template="%(expressions)s)",
        arg_joiner=" LIKE ALL (",
        output_field=BooleanField(),
    )


def _latest(rows: SignatureQuerySet) -> Any:
    """PostgreSQL is not let guess how many have the words: where it takes them for rare it reads and sorts all."""
    are_met = Coalesce(_have_words(), False)
    return rows.filter(are_met, signed_at__gt=Given("since")).values(*READ)


def _by_pieces(rows: SignatureQuerySet) -> Any:
    return rows.filter(pieces.are_in_line(Given("pieces")), _have_words()).values(*READ)


EVERYWHERE = (
    First(lambda letter: _latest(_listed(letter))),
    First(lambda letter: _by_pieces(_listed(letter))),
)
THERE = (
    First(lambda letter, workplace: _latest(_listed(letter).filter(workplace=workplace))),
    First(lambda letter, workplace: _by_pieces(_listed(letter).filter(workplace=workplace))),
)
