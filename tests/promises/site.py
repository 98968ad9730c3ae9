"""A whole site of real processes: web, worker and beat, on a database, a broker and a mail server of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.mailserver import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
WEB = [
    "granian",
    "--interface",
    "wsgi",
    "--respawn-failed-workers",
    "--no-access-log",
    "--log-level",
    "warning",
]
CELERY = ["celery", "-A", "config"]
QUEUES = "undersigned,deliveries"


def until(condition: Callable[[], Any], seconds: float = 30, *, otherwise: Callable[[], str] = str) -> Any:
    """What the condition gives once it is true. Raises `AssertionError` when it stays false."""
    limit = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < limit, otherwise()
        time.sleep(0.05)
    return result


class Site:
    """Started by `with`; each process is known by name and ended by its own id."""

    def __init__(self, place: Path, *, database_url: str, redis_url: str, mail_port: int) -> None:
        self.place, self.port = place, free_port()
        self.url = f"http://localhost:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "KEYS_DIR": str(place / "keys"),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SITE_URL": self.url,
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(mail_port),
            "EMAIL_SECURITY": "none",
            "DEFAULT_FROM_EMAIL": "letters@undersigned.test",
            "CODE_FROM_EMAIL": "codes@plain.test",
            "CODES_PER_MAILBOX": "1000",
            "STATIC_ROOT": str(place / "static"),
        }

    def __enter__(self) -> Site:
        self.manage("migrate", "-v0")
        self.manage("collectstatic", "--noinput", "-v0")
        self.start("web", *WEB, "--port", str(self.port), "--workers", "2", "config.wsgi:application")
        self.start("worker", *CELERY, "worker", "-c", "2", "-Q", QUEUES, "-l", "warning")
        self.start("beat", *CELERY, "beat", "-s", str(self.place / "schedule"), "-l", "warning")
        self.wait(self.answers)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str, program: str, *arguments: str) -> None:
        command = [str(Path(sys.executable).parent / program), *arguments]
        with (self.place / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
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
