"""How often somebody may try. Counted under pseudonyms whose key lives for a day and never in Redis."""

import hashlib
import hmac
import ipaddress
import time
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import TypeVar, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from petitions.crypto import keys

Answer = TypeVar("Answer")

CODES = RateLimitItemPerDay(settings.CODES_PER_MAILBOX, 1, "codes")
ASKS = RateLimitItemPerMinute(300, 1, "asks")  # one office behind one address can still sign together
TAKEDOWNS = RateLimitItemPerHour(10, 1, "takedowns")
TEST_MAILS = RateLimitItemPerHour(10, 1, "test mails")  # of one letter, to one organizer

INVITED = RateLimitItemPerHour(10, 1, "invited")  # codes for one invitation: all go to one mailbox
INVITES = RateLimitItemPerHour(40, 1, "invites")  # mails that one owner has sent to strangers

PAUSE = 30.0  # seconds on memory alone after Redis failed
_memory = FixedWindowRateLimiter(MemoryStorage())
_silent_until = 0.0


def allows(limit: RateLimitItem, *who: str, cost: int = 1) -> bool:
    """Count one try and say whether it is within the limit."""
    name = pseudonym(*who)
    return _counted(lambda counter: counter.hit(limit, name, cost=cost))


def count(limit: RateLimitItem, *who: str) -> int:
    """How many tries were counted, as far as the limit."""
    name = pseudonym(*who)
    return limit.amount - _counted(lambda counter: counter.get_window_stats(limit, name)).remaining


def forget(limit: RateLimitItem, *who: str) -> None:
    """Begin anew."""
    name = pseudonym(*who)
    _counted(lambda counter: counter.clear(limit, name))


def _counted(ask: Callable[[FixedWindowRateLimiter], Answer]) -> Answer:
    """Without Redis each process counts for itself."""
    global _silent_until
    if time.monotonic() >= _silent_until:
        try:
            return ask(FixedWindowRateLimiter(_shared()))
        except (RedisError, OSError):
            _silent_until = time.monotonic() + PAUSE
    return ask(_memory)


def client(request: HttpRequest) -> str:
    """Who asks, as a network: IPv4 address or IPv6 /64, behind exactly the configured number of proxies."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    trusted = settings.TRUSTED_PROXIES
    address = hops[-trusted] if trusted and len(hops) >= trusted else request.META.get("REMOTE_ADDR", "")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 64), strict=False) if parsed.version == 6 else parsed)


def pseudonym(*who: str) -> str:
    """What the counter knows: meaningless tomorrow, when the day's key is gone."""
    return hmac.new(_key(timezone.now().date()), "\x00".join(who).encode(), hashlib.sha256).hexdigest()


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
def _shared() -> Storage:
    url = settings.REDIS_URL.replace("unix://", "redis+unix://", 1)
    return cast(Storage, storage_from_string(url, socket_timeout=1, socket_connect_timeout=1))
