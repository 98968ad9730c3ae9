"""The count: a recount of the rows, remembered for at most two seconds, made anew by one reader for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings

from petitions import cache
from petitions.models import Day, Grown, Invalid, Letter, Signature, Tally
from petitions.recent import recent

PATIENCE = 1  # second that a reader waits for another's recount; a million signatures take a tenth of it
LATELY = 10  # seconds that the last number is kept for whoever only wants to know about how many there are


def recount(letter: Letter) -> Tally:
    """The truth, from the rows."""
    return Signature.tally_of(letter)


def total(letter: Letter) -> int:
    """The truth as one number, which costs less."""
    return Signature.total_of(letter)


def shown(letter: Letter) -> Tally:
    """What pages show: at most `COUNT_SECONDS` behind the rows."""
    if not settings.COUNT_SECONDS:
        return recount(letter)
    remembered = cache.get(_key(letter))
    return Tally(**remembered) if remembered else shown_grown(letter).tally


def shown_grown(letter: Letter) -> Grown:
    """The same with how it grew, for pages that show both: counted at once, so that they never differ."""
    if not settings.COUNT_SECONDS:
        return Signature.grown_of(letter)
    return Grown.from_cached(*_once(_grown(letter), lambda: _counted(letter).as_cached()))


def shown_days(letter: Letter) -> list[Day]:
    """How the count grew, by day. Days on which nobody signed are left out."""
    return shown_grown(letter).days


def forget(letter: Letter) -> None:
    """For whoever has just changed much: the next page counts anew."""
    cache.drop(_key(letter), _grown(letter))


def known(letter: Letter) -> int:
    """About how many there are, without waiting for whoever counts: as many as were counted last."""
    last = cache.get(_last(letter)) if settings.COUNT_SECONDS else None
    return _shown_total(letter) or 0 if last is None else int(last)


@recent
def _shown_total(letter: Letter) -> int:
    """Where the cache is gone, nobody else's number is known: a process then counts now and then, not each time."""
    return shown(letter).total


def _counted(letter: Letter) -> Grown:
    """By one pass for all who ask for the number, with or without its days."""
    grown = Signature.grown_of(letter)
    cache.put(_key(letter), grown.tally.as_cached(), settings.COUNT_SECONDS)
    cache.put(_last(letter), grown.tally.total, LATELY)
    return grown


def _key(letter: Letter) -> str:
    return f"count:{letter.pk}"


def _grown(letter: Letter) -> str:
    return f"grown:{letter.pk}"


def _last(letter: Letter) -> str:
    return f"last:{letter.pk}"


def shown_all(letters: Sequence[Letter]) -> dict[int, Tally]:
    """The same of many letters, by their keys, in one query."""
    keys = {letter.pk: _key(letter) for letter in letters}
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
