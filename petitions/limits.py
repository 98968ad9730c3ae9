"""How often somebody may try. Counted under pseudonyms whose key lives for a day and never in Redis."""

import hmac
import ipaddress
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage, Storage, storage_from_string
from redis import exceptions
from redis.exceptions import NoScriptError, RedisError

from petitions.crypto import keys

Answer = TypeVar("Answer")

CODES = RateLimitItemPerDay(settings.CODES_PER_MAILBOX, 1, "codes")
ASKS = RateLimitItemPerMinute(300, 1, "asks")  # one office behind one address can still sign together
TAKEDOWNS = RateLimitItemPerHour(10, 1, "takedowns")
TEST_MAILS = RateLimitItemPerHour(10, 1, "test mails")  # of one letter, to one organizer

INVITED = RateLimitItemPerHour(10, 1, "invited")  # codes for one invitation: all go to one mailbox
INVITES = RateLimitItemPerHour(40, 1, "invites")  # mails that one owner has sent to strangers

# A window begins with its first try, and nothing after that moves its end.
COUNTING = """
local told = {}
for place, key in ipairs(KEYS) do
    local cost, window, follows = tonumber(ARGV[3 * place - 2]), ARGV[3 * place - 1], ARGV[3 * place]
    if cost > 0 and (follows == "0" or told[place - 1] == 1) then
        redis.call("SET", key, 0, "EX", window, "NX")
        told[place] = redis.call("INCRBY", key, cost)
    else
        told[place] = tonumber(redis.call("GET", key) or 0)
    end
end
return told
"""

PAUSE = 30.0  # seconds on memory alone after Redis failed
_memory = MemoryStorage()
_silent_until = 0.0
_own = threading.local()


@dataclass(frozen=True)
class Try:
    """What is counted under a limit, in a fixed window. One that costs nothing is only looked up.

    So is one that `follows`, unless the one counted before it is the first in its own window.
    """

    limit: RateLimitItem
    who: tuple[str, ...]
    cost: int = 1
    follows: bool = False

    @property
    def key(self) -> str:
        return self.limit.key_for(pseudonym(*self.who))


def allows(limit: RateLimitItem, *who: str, cost: int = 1) -> bool:
    """Count one try and say whether it is within the limit."""
    return allow(Try(limit, who, cost))[0]


def allow(*tries: Try) -> list[bool]:
    """The same of several."""
    return [number <= each.limit.amount for each, number in zip(tries, counts(*tries), strict=True)]


def count(limit: RateLimitItem, *who: str) -> int:
    """How many tries were counted."""
    return counts(Try(limit, who, cost=0))[0]


def counts(*tries: Try) -> list[int]:
    """Count each and tell how many it makes, of all on one way to Redis."""
    return _asked(lambda storage: _counted(storage, tries))


def forget(limit: RateLimitItem, *who: str) -> None:
    """Begin anew."""
    _asked(lambda storage: storage.clear(Try(limit, who).key))


def _asked(ask: Callable[[Storage], Answer]) -> Answer:
    """Without Redis each process counts for itself."""
    global _silent_until
    if time.monotonic() >= _silent_until:
        try:
            return ask(_shared())
        except (RedisError, OSError):
            _silent_until = time.monotonic() + PAUSE
    return ask(_memory)


def _counted(storage: Storage, tries: Sequence[Try]) -> list[int]:
    if isinstance(storage, RedisStorage):
        return _counted_together(storage, tries)
    told: list[int] = []
    for each in tries:
        is_counted = each.cost and (not each.follows or told[-1] == 1)
        told.append(
            storage.incr(each.key, each.limit.get_expiry(), each.cost)
            if is_counted
            else storage.get(each.key)
        )
    return told


def _counted_together(storage: RedisStorage, tries: Sequence[Try]) -> list[int]:
    keys = [storage.prefixed_key(each.key) for each in tries]
    numbers = [number for each in tries for number in (each.cost, each.limit.get_expiry(), int(each.follows))]
    script = _script(storage)
    try:
        told: list[int] = _straight(script, keys, numbers)
    except (NoScriptError, exceptions.ConnectionError):  # then by the way that knows what to do about it
        told = script(keys, numbers)
    return told


def _straight(script: Any, keys: list[str], numbers: list[int]) -> Any:
    """Without what redis-py does around each command, which takes longer than Redis.

    Its connection looks after itself: after any fault it is closed, and the next command opens it anew.
    """
    line = _own_line(script.registered_client.connection_pool)
    line.send_packed_command([_packed("EVALSHA", script.sha, len(keys), *keys, *numbers)], check_health=False)
    return line.read_response()


def _own_line(pool: Any) -> Any:
    """Of this thread, in this process: to be given one out of the pool takes as long as the answer."""
    place = (os.getpid(), pool)
    if getattr(_own, "place", None) != place:
        _own.place, _own.line = place, pool.make_connection()
    return _own.line


def _packed(*words: str | int) -> bytes:
    """A command as Redis reads it (RESP)."""
    told = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(told) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in told)


def client(request: HttpRequest) -> str:
    """Who asks, as a network: IPv4 address or IPv6 /64, behind exactly the configured number of proxies."""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    address = hops[-trusted] if trusted and len(hops) >= trusted else request.META.get("REMOTE_ADDR", "")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 64), strict=False) if parsed.version == 6 else parsed)


def pseudonym(*who: str) -> str:
    """What the counter knows: meaningless tomorrow, when the day's key is gone."""
    return hmac.digest(_key(timezone.now().date()), "\x00".join(who).encode(), "sha256").hex()


def destroy_old_keys() -> None:
    today = _key_name(timezone.now().date())
    for path in settings.KEYS_DIR.glob("limits/*.key"):
        if f"limits/{path.name}" != today:
            keys.destroy(settings.KEYS_DIR, f"limits/{path.name}")


@lru_cache(maxsize=1)
def _key(day: date) -> bytes:
    return keys.read_or_create(settings.KEYS_DIR, _key_name(day))


def _key_name(day: date) -> str:
    return f"limits/{day.isoformat()}.key"


@lru_cache(maxsize=1)
def _script(storage: RedisStorage) -> Callable[..., Any]:
    return cast(Any, storage.get_connection()).register_script(COUNTING)


@lru_cache(maxsize=1)
def _shared() -> Storage:
    url = settings.REDIS_URL.replace("unix://", "redis+unix://", 1)
    return cast(Storage, storage_from_string(url, socket_timeout=1, socket_connect_timeout=1))
