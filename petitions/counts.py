"""The count: a recount of the rows, remembered for at most two seconds."""

from django.conf import settings

from petitions import cache
from petitions.models import Letter, Tally


def recount(letter: Letter) -> Tally:
    """The truth, from the rows."""
    return letter.signatures.all().tally()


def shown(letter: Letter) -> Tally:
    """What pages show: at most `COUNT_SECONDS` behind the rows."""
    if not settings.COUNT_SECONDS:
        return recount(letter)
    key = f"count:{letter.pk}"
    remembered = cache.get(key)
    if remembered is None:
        tally = recount(letter)
        cache.put(key, tally.as_cached(), settings.COUNT_SECONDS)
        return tally
    return Tally(**remembered)
