"""The shared cache, which may be gone: then nothing is remembered, nobody waits for it, and nothing fails."""

import logging
import time
from collections.abc import Iterable
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

PAUSE = 30.0  # seconds without asking again after a failure
log = logging.getLogger(__name__)
_silent_until = 0.0


def get(key: str) -> Any:
    """The value, or None."""
    return _tried(cache.get, key)


def get_many(keys: Iterable[str]) -> dict[str, Any]:
    """Those that are remembered."""
    return _tried(cache.get_many, list(keys)) or {}


def put(key: str, value: Any, seconds: float) -> None:
    _tried(cache.set, key, value, seconds)


def put_many(values: dict[str, Any], seconds: float) -> None:
    _tried(cache.set_many, values, seconds)


def _tried(call: Any, *arguments: Any) -> Any:
    global _silent_until
    if time.monotonic() < _silent_until:
        return None
    try:
        return call(*arguments)
    except (RedisError, OSError) as error:
        _silent_until = time.monotonic() + PAUSE
        log.warning("The cache does not answer (%s); going on without it.", type(error).__name__)
        return None
