"""The shared cache, which may be gone: then nothing is remembered, nobody waits for it, and nothing fails."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

PAUSE = 30.0  # seconds without asking again after a failure
PATIENCE = 5  # seconds that somebody waits for what somebody else makes; whole ones, as the cache takes them
LOOK = 0.02  # seconds between two looks
log = structlog.stdlib.get_logger(__name__)
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


def drop(*keys: str) -> None:
    _tried(cache.delete_many, keys)


def once(key: str, make: Callable[[], Any], seconds: float, *, patience: int = PATIENCE) -> Any:
    """The value. One caller makes it while the others wait; whoever has waited too long makes it too."""
    deadline = time.monotonic() + patience
    while (value := get(key)) is None:
        if _is_maker(key, patience) or time.monotonic() > deadline:
            return _make(key, make, seconds)
        time.sleep(LOOK)
    return value


def _is_maker(key: str, patience: int) -> bool:
    return _tried(cache.add, f"{key}:maker", 1, patience) is not False  # None: nothing is shared


def _make(key: str, make: Callable[[], Any], seconds: float) -> Any:
    try:
        value = get(key)  # made between the look and the claim
        if value is None:
            value = make()
            put(key, value, seconds)
        return value
    finally:
        _tried(cache.delete, f"{key}:maker")


def _tried(call: Any, *arguments: Any) -> Any:
    global _silent_until
    if time.monotonic() < _silent_until:
        return None
    try:
        return call(*arguments)
    except (RedisError, OSError) as error:
        _silent_until = time.monotonic() + PAUSE
        log.warning("The cache does not answer; going on without it.", error=type(error).__name__)
        return None
