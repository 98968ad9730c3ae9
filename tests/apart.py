"""Python in a process of its own, on the test's database, keys and Valkey."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

from tests.promises.conftest import database_url

ROOT = Path(__file__).resolve().parent.parent
WITH_DJANGO = "import django; django.setup()\n"


def environment() -> dict[str, str]:
    """The rest is in the environment since `tests.settings` was read."""
    url = database_url(str(connection.settings_dict["NAME"]))
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WITH_DJANGO + script, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    process = start(script, *arguments)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def manage(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), input=typed, capture_output=True, text=True, check=False
    )
