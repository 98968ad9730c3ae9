"""What a web process has read within the last half second, of what many signers ask for and hardly ever changes.

Whether a signature counts is not decided by it: that is asked anew inside the letter's lock.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db.models import Model

FRESH = 0.5  # seconds
MOST = 1_000  # answers
Found = TypeVar("Found")

_kept: dict[Hashable, tuple[float, Any]] = {}


def recent(find: Callable[..., Found]) -> Callable[..., Found]:
    """Each caller gets an object of their own. That there is none is not remembered."""

    @wraps(find)
    def found(*asked: Hashable) -> Found:
        if not settings.COUNT_SECONDS:
            return find(*asked)
        now, key = time.monotonic(), (find, asked)
        told_at, value = _kept.get(key, (0.0, None))
        if value is None or now - told_at >= FRESH:
            value = find(*asked)
            _keep(key, now, value)
        return cast(Found, _copied(value))

    return found


def _copied(value: Any) -> Any:
    if not isinstance(value, Model):
        return copy.copy(value)
    copied = _alike(value)
    copied._state = _alike(value._state)
    copied._state.fields_cache = {}
    vars(copied).pop("_prefetched_objects_cache", None)
    return copied


def _alike(value: Any) -> Any:
    """As `copy.copy` does, which finds out anew each time what class it is of, and how that is copied."""
    alike = object.__new__(type(value))
    vars(alike).update(vars(value))
    return alike


def forget() -> None:
    _kept.clear()


def _keep(key: Hashable, now: float, value: Any) -> None:
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[key] = now, value
