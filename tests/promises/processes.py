"""Processes that a test starts, kills by their own ids, and waits for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.mailserver import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
WEB = (
    "granian",
    "--interface",
    "wsgi",
    "--respawn-failed-workers",
    "--workers-kill-timeout=5",
    "--no-access-log",
    "--log-level",
    "warning",
)
CELERY = ("celery", "--quiet", "-A", "config")
QUEUES = "undersigned,deliveries"
END_SECONDS = 40  # a worker may take all of its grace
KILL_SECONDS = 10


def until(condition: Callable[[], Any], seconds: float = 60, *, otherwise: Callable[[], str] = str) -> Any:
    """What the condition gives once it is true. Raises `AssertionError` when it stays false."""
    limit = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < limit, otherwise()
        time.sleep(0.05)
    return result


class Processes:
    """The parts of a site on a database, a broker and a mail server; each is known by name, and has a log."""

    def __init__(
        self,
        place: Path,
        *,
        database_url: str,
        redis_url: str,
        keys: Path,
        mail_port: int,
        root: Path = ROOT,
        **environment: str,
    ) -> None:
        self.place, self.root, self.port = place, root, free_port()
        self.url = f"http://localhost:{self.port}"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "KEYS_DIR": str(keys),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SITE_URL": self.url,
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(mail_port),
            "EMAIL_SECURITY": "none",
            "DEFAULT_FROM_EMAIL": "letters@undersigned.test",
            "CODE_FROM_EMAIL": "codes@plain.test",
            "CODES_PER_MAILBOX": "1000",
            "SWEEP_SECONDS": "1",
            "STATIC_ROOT": f"{os.environ['TEST_PLACE']}/collected",  # once for all webs of a run
            **environment,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(KILL_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def start_web(self, workers: int = 2) -> None:
        if not Path(self.environment["STATIC_ROOT"], "staticfiles.json").exists():
            self.manage("collectstatic", "--noinput", "-v0")
        options = ("--port", str(self.port), "--workers", str(workers))
        self.start("web", *WEB, *options, "config.wsgi:application")

    def start_worker(
        self, name: str = "worker", *, queues: str = QUEUES, options: tuple[str, ...] = ()
    ) -> None:
        node = ("-n", f"{name}@localhost", "-c", "2", "-l", "warning")
        self.start(name, *CELERY, "worker", "-Q", queues, *node, *options)

    def start_beat(self, name: str = "beat") -> None:
        schedule = str(self.place / f"{name}-schedule")
        self.start(name, *CELERY, "beat", "-s", schedule, "--pidfile=", "-l", "warning")

    def start(self, name: str, program: str, *arguments: str) -> None:
        self.start_command(name, [str(BIN / program), *arguments])

    def start_command(self, name: str, command: list[str]) -> None:
        with (self.place / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=self.root, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """SIGKILL to the process and whatever it started: nothing of it runs afterwards."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self, name: str, *, seconds: float = END_SECONDS) -> None:
        """SIGTERM, and wait until it is gone."""
        process = self.running.pop(name)
        process.terminate()
        process.wait(seconds)

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def answers(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/healthz", timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def wait(self, condition: Callable[[], Any], seconds: float = 60) -> Any:
        """What the condition gives once it is true. Raises `AssertionError` with the logs when it stays false."""
        return until(condition, seconds, otherwise=self.logs)

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in self.place.glob("*.log"))
