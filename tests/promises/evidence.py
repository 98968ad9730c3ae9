"""What somebody gets who may take everything: database, files, broker, logs, processes, mails."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from redis import Redis

from tests.promises.processes import Processes


def of_a_site(site: Processes, data: Path | None) -> dict[str, bytes]:
    """By where it was found. `data` is the folder of a PostgreSQL server that is the test's own."""
    url = site.environment["DATABASE_URL"]
    tables = _sqlite(url) if url.startswith("sqlite") else of_postgresql(url)
    found = dict(tables) | dict(_files(site.place)) | dict(_processes(site))
    found |= dict(_files(data)) if data else {}
    return found | dict(_valkey(site.environment["REDIS_URL"]))


def _sqlite(url: str) -> Iterator[tuple[str, bytes]]:
    """As text; its files and its log lie among the others."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        yield "tables", "\n".join(connection.iterdump()).encode()


def of_postgresql(url: str) -> Iterator[tuple[str, bytes]]:
    """Each table as text and as bytes. What is in memory is written to the files."""
    with psycopg.connect(url, autocommit=True) as server:
        named = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in named:
            for form in ("TEXT", "BINARY"):
                asked = sql.SQL("COPY {} TO STDOUT (FORMAT {})").format(sql.Identifier(name), sql.SQL(form))
                with server.cursor().copy(asked) as copy:
                    yield f"table {name}, {form}", b"".join(map(bytes, copy))
        server.execute("CHECKPOINT")


def _files(place: Path) -> Iterator[tuple[str, bytes]]:
    """Logs, keys, beat's memory, the database's files and logs; not the programs of the server."""
    for path in sorted(place.rglob("*")):
        if path.is_file() and "wheel" not in path.parts:
            yield str(path), str(path).encode() + b"\n" + path.read_bytes()


def _processes(site: Processes) -> Iterator[tuple[str, bytes]]:
    """Arguments and environment of each process and of whatever it started."""
    for name, process in site.running.items():
        first = psutil.Process(process.pid)
        for one in (first, *first.children(recursive=True)):
            for what in ("cmdline", "environ"):
                yield f"{name} {one.pid} {what}", Path(f"/proc/{one.pid}/{what}").read_bytes()


def _valkey(url: str) -> Iterator[tuple[str, bytes]]:
    """Cache, limits and the broker's queues: each key with its value as it is, and as it would be dumped."""
    with Redis(unix_socket_path=url.removeprefix("unix://")) as redis:
        for key in redis.scan_iter():
            yield f"valkey {key.decode()}", b"\n".join([key, redis.dump(key) or b"", _value(redis, key)])


def _value(redis: Redis, key: bytes) -> bytes:
    readers = {
        b"string": lambda: redis.get(key),
        b"list": lambda: redis.lrange(key, 0, -1),
        b"set": lambda: redis.smembers(key),
        b"zset": lambda: redis.zrange(key, 0, -1),
        b"hash": lambda: [part for pair in redis.hgetall(key).items() for part in pair],
        b"none": lambda: b"",  # it went meanwhile
    }
    value = readers[redis.type(key)]() or b""
    return value if isinstance(value, bytes) else b"\n".join(value)


def of_mails(mails: list[EmailMessage], signers: set[str]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The spool in two: what went to mailboxes of signers, and everything else. Each part is read as well."""
    spool = {f"mail {number} to {mail['X-Envelope-To']}": mail for number, mail in enumerate(mails)}
    theirs = {name: mail for name, mail in spool.items() if mail["X-Envelope-To"].lower() in signers}
    others = {name: mail for name, mail in spool.items() if name not in theirs}
    return _read(theirs), _read(others)


def _read(spool: dict[str, EmailMessage]) -> dict[str, bytes]:
    return {
        name: b"\n".join([bytes(mail), *(part.get_payload(decode=True) or b"" for part in mail.walk())])
        for name, mail in spool.items()
    }
