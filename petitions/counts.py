"""The count: a recount of the rows, remembered for at most two seconds, made anew by one reader for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings

from petitions import cache
from petitions.models import Day, Invalid, Letter, Signature, Tally

PATIENCE = 1  # second that a reader waits for another's recount; 100,000 signatures take a third of it


def recount(letter: Letter) -> Tally:
    """The truth, from the rows."""
    return Signature.tally_of(letter)


def shown(letter: Letter) -> Tally:
    """What pages show: at most `COUNT_SECONDS` behind the rows."""
    if not settings.COUNT_SECONDS:
        return recount(letter)
    return Tally(**_once(f"count:{letter.pk}", lambda: recount(letter).as_cached()))


def shown_all(letters: Sequence[Letter]) -> dict[int, Tally]:
    """The same of many letters, by their keys, in one query."""
    keys = {letter.pk: f"count:{letter.pk}" for letter in letters}
    remembered = cache.get_many(keys.values()) if settings.COUNT_SECONDS else {}
    tallies = {pk: Tally(**remembered[key]) for pk, key in keys.items() if key in remembered}
    missing = keys.keys() - tallies.keys()
    if missing:
        counted = Signature.objects.filter(letter__in=missing).tallies()
        recounted = {pk: counted.get(pk, Tally()) for pk in missing}
        if settings.COUNT_SECONDS:
            told = {keys[pk]: tally.as_cached() for pk, tally in recounted.items()}
            cache.put_many(told, settings.COUNT_SECONDS)
        tallies |= recounted
    return tallies


def shown_days(letter: Letter) -> list[Day]:
    """How the count grew, by day: as old as the count at most."""
    if not settings.COUNT_SECONDS:
        return letter.signatures.all().days()
    rows = letter.signatures.all()
    remembered = _once(f"days:{letter.pk}", lambda: [day.as_cached() for day in rows.days()])
    return [Day(*day) for day in remembered]


def shown_invalid(letter: Letter) -> list[Invalid]:
    """What organizers declared invalid: counted nowhere, and said beside the number."""
    if not settings.COUNT_SECONDS:
        return letter.signatures.all().invalid().by_reason()
    remembered = _once(
        f"invalid:{letter.pk}",
        lambda: [row.as_cached() for row in letter.signatures.all().invalid().by_reason()],
    )
    return [Invalid(*row) for row in remembered]


def _once(key: str, make: Callable[[], Any]) -> Any:
    return cache.once(key, make, settings.COUNT_SECONDS, patience=PATIENCE)
