"""Processes that a test starts, kills by their own ids, and waits for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

from tests.mailserver import free_port
from tests.promises.copies import Copy, Loaded

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
MODULES = ("granian", "celery")
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
        are_programs: bool = False,
        **environment: str,
    ) -> None:
        """The product's are copies of one process, but for another version's and where they shall be programs."""
        self.place, self.root, self.port = place, root, free_port()
        self.url = f"http://localhost:{self.port}"
        self.running: dict[str, subprocess.Popen[bytes] | Copy] = {}
        self._are_programs, self._loaded = are_programs or root != ROOT, list[Loaded]()
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
        for loaded in self._loaded:
            loaded.end()

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
        if program in MODULES:
            log = self.place / f"{name}.log"
            self.running[name] = self._run(program, *arguments, stdout=log, stderr=log)
        else:
            self.start_command(name, [str(BIN / program), *arguments])

    def start_command(self, name: str, command: list[str]) -> None:
        with (self.place / f"{name}.log").open("ab") as log:
            self.running[name] = self._spawn(command, log, log)

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
        """What the command prints."""
        with tempfile.TemporaryDirectory() as place:
            stdout, stderr = Path(place, "stdout"), Path(place, "stderr")
            status = self._run("manage", *arguments, stdout=stdout, stderr=stderr).wait()
            printed = stdout.read_text()
            assert status == 0, printed + stderr.read_text()
            return printed

    def _run(self, *module: str, stdout: Path, stderr: Path) -> subprocess.Popen[bytes] | Copy:
        """As `python -m`."""
        if self._are_programs:
            with stdout.open("ab") as printed, stderr.open("ab") as wrong:
                return self._spawn([sys.executable, "-m", *module], printed, wrong)
        if not self._loaded or self._loaded[-1].environment != self.environment:
            self._loaded.append(Loaded(self.root, self.environment))
        return self._loaded[-1].copy(module, stdout=stdout, stderr=stderr)

    def _spawn(self, command: list[str], stdout: IO[bytes], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, cwd=self.root, env=self.environment, stdout=stdout, stderr=stderr, start_new_session=True
        )

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
