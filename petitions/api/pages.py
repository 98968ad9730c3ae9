"""Long lists, page by page: each begins behind the last row of the one before, whatever comes or goes meanwhile."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from petitions.api import cursors
from petitions.models.letters import LetterQuerySet
from petitions.models.signatures import SignatureQuerySet

SIZE = 100


def read(
    rows: LetterQuerySet | SignatureQuerySet, *, path: str, moment: str, cursor: str
) -> tuple[list[Any], str | None]:
    """One page of rows in `latest_first` order, by the field `moment`, and the address of the next one, if any.

    Raises `cursors.NotACursor`.
    """
    if cursor:
        rows = rows.behind(*cursors.unseal(path, cursor))
    found = list(rows[: SIZE + 1])
    if len(found) <= SIZE:
        return found, None
    last = found[SIZE - 1]
    sealed = cursors.seal(path, getattr(last, moment), last.pk)
    return found[:SIZE], f"{settings.SITE_URL}{path}?cursor={sealed}"
