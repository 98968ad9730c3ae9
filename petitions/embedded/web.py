"""The web server: granian with one process."""

import http.client
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings

from petitions.embedded import Refused, addresses
from petitions.embedded.parts import Part, module

START_SECONDS = 60
LOOK_SECONDS = 0.05
OPTIONS = (
    ("--interface", "wsgi"),
    ("--workers", "1"),
    ("--blocking-threads", "4"),
    ("--respawn-failed-workers", "--no-access-log"),
    ("--respawn-interval", "0.5"),
    ("--workers-kill-timeout", "3"),  # whoever never ends what they send holds a worker up for ever
    ("--log-level", "warning"),
)


def part(host: str, port: int) -> Part:
    options = [word for option in OPTIONS for word in option]
    where = ["--host", host, "--port", str(port)]
    return Part("web server", module("granian", *options, *where, "config.wsgi:application"), is_ours=True)


def wait(host: str, port: int, *, meanwhile: Callable[[], None]) -> None:
    """Until the first page could be asked for."""
    limit = time.monotonic() + START_SECONDS
    while not _is_healthy(host, port):
        if time.monotonic() > limit:
            raise Refused(f"No page came within {START_SECONDS} seconds: see above.")
        meanwhile()
        time.sleep(LOOK_SECONDS)


def _is_healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": urlsplit(settings.SITE_URL).netloc})
        return connection.getresponse().status < http.HTTPStatus.BAD_REQUEST  # with https, it points there
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return {"0.0.0.0": addresses.LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104
