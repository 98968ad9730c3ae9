from __future__ import annotations

import pytest
from limits import RateLimitItemPerDay
from redis import Redis

from petitions import limits
from petitions.crypto import keys


@pytest.fixture
def three():
    return RateLimitItemPerDay(3, 1, "three")


def tries(limit, *who, number=5):
    return [limits.allows(limit, *who) for _ in range(number)]


def test_each_may_try_so_often(three):
    assert tries(three, "mailbox", "ada@example.test") == [True] * 3 + [False] * 2
    assert tries(three, "mailbox", "grace@example.test", number=1) == [True]


def test_the_counter_knows_nobody(three, settings):
    limits.allows(three, "mailbox", "ada@example.test")

    names = b" ".join(Redis(unix_socket_path=settings.REDIS_URL.removeprefix("unix://")).keys())

    assert b"three" in names
    assert b"ada@" not in names


def test_without_redis_the_same_limit_holds_in_memory(three, monkeypatch):
    monkeypatch.setattr(limits, "_shared", lambda: limits.storage_from_string("redis+unix:///nowhere.sock"))

    assert tries(three, "mailbox", "memory@example.test") == [True] * 3 + [False] * 2


@pytest.mark.parametrize("url", ["{}", "redis+unix:///nowhere.sock"], ids=["Redis", "memory"])
def test_what_follows_is_counted_where_the_one_before_it_is_the_first(three, settings, monkeypatch, url):
    shared = url.format(settings.REDIS_URL.replace("unix://", "redis+unix://", 1))
    monkeypatch.setattr(limits, "_shared", lambda: limits.storage_from_string(shared))
    people = [limits.Try(three, (url, name)) for name in ("ada", "grace")]
    asked = limits.Try(three, (url, "asked"), follows=True)

    told = [limits.counts(person, asked) for person in [*people, people[0]]]

    assert told == [[1, 1], [1, 2], [2, 2]]


def test_yesterdays_key_is_destroyed(settings):
    limits._key.cache_clear()  # as a process that begins: its key of today is written
    keys.create(settings.KEYS_DIR, "limits/2020-01-01.key")
    limits.pseudonym("mailbox", "ada@example.test")

    limits.destroy_old_keys()

    left = [path.name for path in (settings.KEYS_DIR / "limits").iterdir()]
    assert (len(left), "2020-01-01.key" in left) == (1, False)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, "198.51.100.7", "203.0.113.9"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        (2, "1.1.1.1, 198.51.100.7, 192.0.2.1", "198.51.100.7"),
        (2, "198.51.100.7", "203.0.113.9"),
        (1, "nonsense", "unknown"),
    ],
)
def test_only_configured_proxies_are_believed(rf, settings, proxies, forwarded, client):
    settings.TRUSTED_PROXIES = proxies

    request = rf.get("/", REMOTE_ADDR="203.0.113.9", headers={"X-Forwarded-For": forwarded})

    assert limits.client(request) == client


def test_an_ipv6_client_is_its_network(rf):
    assert limits.client(rf.get("/", REMOTE_ADDR="2001:db8::1234:5678")) == "2001:db8::/64"


def test_a_counter_that_began_anew_learns_the_script_again(three, settings):
    """Its connections are gone and so is what it knew; nobody is let through, and nobody counts for themselves."""
    redis = Redis(unix_socket_path=settings.REDIS_URL.removeprefix("unix://"))
    assert tries(three, "mailbox", "mary@example.test", number=2) == [True, True]
    redis.script_flush()
    redis.client_kill_filter(_type="normal", skipme=True)

    assert tries(three, "mailbox", "mary@example.test", number=2) == [True, False]
