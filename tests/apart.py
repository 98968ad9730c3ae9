"""Processes of their own on the test's database, keys and Valkey."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

from tests.promises.conftest import database_url

ROOT = Path(__file__).resolve().parent.parent
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A script that may use models and flows."""
    return _start("-c", f"import django; django.setup()\n{script}", *arguments)


def manage(*arguments: str) -> subprocess.Popen[str]:
    return _start("manage.py", *arguments)


def end(process: subprocess.Popen[str], typed: str = "") -> subprocess.CompletedProcess[str]:
    """Types the words and waits for the end."""
    out, err = process.communicate(typed, timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _start(*arguments: str) -> subprocess.Popen[str]:
    """The rest of its environment is ours since `tests.settings` was read."""
    url = database_url(str(connection.settings_dict["NAME"]))
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment, **PIPES)
