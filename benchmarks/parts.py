"""What runs while it is measured: PostgreSQL, Valkey, a mail sink, our site as in production, a bare app."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import postgresql, valkey
from tests.mailserver import free_port
from tests.promises.processes import WEB, Processes

WORKERS, THREADS = 2, 4  # web processes, and threads of each, of ours and of the bare app
ENVIRONMENT = {  # production's own, where the tests' is another one
    "CODES_PER_MAILBOX": "3",
    "SWEEP_SECONDS": "3",
    "COUNT_SECONDS": "2",
    "TRUSTED_PROXIES": "1",  # each signer sits at an address of their own, so no limit had to be raised
    "ALLOWED_HOSTS": "localhost,127.0.0.1",
}
SERVER = ("shared_buffers=512MB", "max_wal_size=4GB", "checkpoint_timeout=15min")


@contextlib.contextmanager
def running() -> Iterator[Processes]:
    """All of it, ended by its own process ids whatever happens."""
    with surrounded() as processes:
        _serve(processes)
        yield processes


@contextlib.contextmanager
def surrounded() -> Iterator[Processes]:
    """What a web needs, and no web."""
    with (
        tempfile.TemporaryDirectory(prefix="undersigned-bench-") as folder,
        postgresql.own(*SERVER) as server,
        valkey.running(Path(folder) / "valkey.sock"),
    ):
        os.environ["TEST_PLACE"] = folder
        with _site(Path(folder), server.url) as processes:
            yield processes


@contextlib.contextmanager
def _site(place: Path, database_url: str) -> Iterator[Processes]:
    smtp, control, bare = free_port(), free_port(), free_port()
    surroundings = {"redis_url": f"unix://{place / 'valkey.sock'}", "keys": place / "keys"}
    with Processes(
        place, database_url=database_url, mail_port=smtp, are_programs=True, **surroundings, **ENVIRONMENT
    ) as processes:
        processes.environment |= {"BENCH_CONTROL": str(control), "BENCH_BARE": str(bare)}
        processes.start("sink", sys.executable, "-m", "benchmarks.sink", str(smtp), str(control))
        processes.manage("migrate", "-v0")
        processes.manage("collectstatic", "--noinput", "-v0")
        yield processes


def _serve(processes: Processes) -> None:
    served = (*WEB, "--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--port")
    bare = processes.environment["BENCH_BARE"]
    processes.start("web", *served, str(processes.port), "config.wsgi:application")
    processes.start("bare", *served, bare, "benchmarks.bare:application")
    processes.start_worker()
    processes.start_beat()
    processes.wait(processes.answers)
    processes.environment["BENCH_WEB_PID"] = str(processes.running["web"].pid)
