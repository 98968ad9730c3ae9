"""Prepares for `up` in a process of its own, because that is what preparing changes."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.mailserver import free_port

ROOT = Path(__file__).resolve().parents[2]
PREPARE = """
import json, os, sys
from petitions.embedded import environment
environment.prepare(["manage.py", "up", *sys.argv[1:]])
assert "django" not in sys.modules
place = environment.prepared
print(json.dumps({
    "environment": dict(os.environ),
    "host": place.host,
    "broker": place.broker and str(place.broker),
    "mail": place.mail and place.mail.getsockname(),
}))
"""
UNPREPARED = {"PATH": os.environ["PATH"]}


def prepare(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PREPARE, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=UNPREPARED | environment, capture_output=True, text=True, check=False
    )


def prepared(data: Path, *arguments: str, **environment: str) -> dict:
    answer = prepare("--data", str(data), "--port", str(free_port()), *arguments, **environment)
    assert answer.stderr == ""
    return json.loads(answer.stdout)


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=UNPREPARED | environment, capture_output=True, text=True, check=False
    )


def refusal(*arguments: str, **environment: str) -> str:
    answer = prepare(*arguments, **environment)
    assert (answer.returncode, answer.stdout) == (1, "")
    (line,) = answer.stderr.splitlines()
    return line
