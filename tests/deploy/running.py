"""The site as its image runs it: its files, entry and commands as plain processes, and nothing of the checkout's."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from config.version import VERSION
from tests import valkey
from tests.deploy.shapes import PARTS, build, compose
from tests.mailserver import MailServer
from tests.promises.processes import BIN, Processes

ENTRY = ("sh", "deploy/start")


@contextlib.contextmanager
def image(place: Path, database_url: str, mail_server: MailServer) -> Iterator[Processes]:
    """PostgreSQL and mail server are given; Valkey is its own. `/tmp` is a folder of the test's."""
    mail_server.clear()
    socket, app = place / "valkey.sock", place / "app"
    surroundings = {"database_url": database_url, "redis_url": f"unix://{socket}", "keys": place / "keys"}
    static = str(app / "build" / "static")
    with (
        valkey.running(socket),
        Processes(
            place, mail_port=mail_server.port, are_programs=True, STATIC_ROOT=static, **surroundings
        ) as running,
    ):
        running.root = app
        running.environment |= {
            "PATH": f"{BIN}:{running.environment['PATH']}",
            "VERSION": VERSION,
            "GRANIAN_PORT": str(running.port),
        }
        build(app, running.environment)
        _run(running)
        yield running


def _run(running: Processes) -> None:
    services = compose()["services"]
    assert not _is_healthy(running)
    running.manage(*services["migrate"]["command"][2:])
    for part in PARTS:
        command = [word.replace("/tmp/", f"{running.place}/") for word in services[part]["command"]]
        running.start_command(part, [*ENTRY, *command])
    running.wait(running.answers)
    assert _is_healthy(running)


def _is_healthy(running: Processes) -> bool:
    """As the container is asked."""
    asked = compose()["services"]["web"]["healthcheck"]["test"][1:]
    done = subprocess.run(
        asked, cwd=running.root, env=running.environment, check=False, executable=BIN / asked[0]
    )
    return done.returncode == 0
