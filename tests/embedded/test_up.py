"""The real thing: `manage.py up` with its broker, web server and worker."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError

import psutil
import pytest

from tests.embedded.preparing import manage
from tests.embedded.running import ROOT, Up, begin, end, start
from tests.embedded.waiting import is_gone, until

pytestmark = [pytest.mark.processes, pytest.mark.on("sqlite")]

PARTS = ["valkey-server", "mail sink", "worker", "beat", "web server"]


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with TemporaryDirectory(prefix="u-") as place:
        up = start(Path(place) / "var", "--no-seeds")
        yield up
        end(up)


def test_it_says_where_everything_is(up):
    site = f"http://localhost:{up.port}"

    assert up.lines()[:5] == [
        f"Undersigned runs at {site}",
        "Organizer  organizer@example.com (its sign-in code arrives in the mailbox)",
        f"Mailbox    {site}/mailbox/",
        f"Data       {up.output.with_suffix('')}",
        "Ctrl-C stops everything.",
    ]


def test_its_organizer_is_the_operator(up):
    assert accounts(up.output.with_suffix("")) == [("organizer@example.com", 1, 1)]


def test_its_database_is_backed_up_and_put_back_while_it_runs(up):
    data = up.output.with_suffix("")
    backup = data.parent / "site.backup"
    assert manage("backup", str(backup), DATA=str(data)).returncode == 0
    assert manage("organizer", "late@example.com", DATA=str(data)).returncode == 0

    assert manage("restore", str(backup), "--yes", DATA=str(data)).returncode == 0

    assert [email for email, *_ in accounts(data)] == ["organizer@example.com"]
    assert up.get("/")


def accounts(data):
    with closing(sqlite3.connect(data / "undersigned.sqlite3")) as database:
        return database.execute("SELECT email, is_organizer, is_superuser FROM accounts_user").fetchall()


def test_the_mailbox_answers_this_machine(up):
    assert json.loads(up.get("/mailbox/", Accept="application/json")) == []


def test_the_mailbox_does_not_exist_behind_a_proxy(up):
    with pytest.raises(HTTPError) as refusal:
        up.get("/mailbox/", **{"X-Forwarded-For": "127.0.0.1"})

    assert refusal.value.code == 404


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_part_comes_back(up, name):
    part = until(lambda: up.part(name))
    part.kill()

    until(lambda: (again := up.part(name)) and again.pid != part.pid)
    until(up.is_answering)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux makes parts as copies")
def test_a_part_has_no_file_of_another_one(up):
    """A worker that still ends would hold the folder's lock, and the next start would be refused."""
    names = {
        part.name(): {Path(os.readlink(file)).name for file in Path(f"/proc/{part.pid}/fd").iterdir()}
        for part in psutil.Process(up.process.pid).children()
    }

    assert {name for name, files in names.items() if "lock" in files} == {"valkey-server"}
    listening = {
        part.name()
        for part in psutil.Process(up.process.pid).children()
        if any(at.status == psutil.CONN_LISTEN for at in part.net_connections("tcp"))
    }
    assert listening == {"mail sink"}


def test_a_second_start_on_the_same_folder_is_refused(up):
    data = up.output.with_suffix("")
    second = begin(data, "--no-seeds", output=data.with_suffix(".second"))

    assert second.process.wait(timeout=60) == 1
    assert second.lines() == [
        f"Undersigned already runs on {data}: stop it, or choose another folder with DATA."
    ]
    assert up.is_answering()


def test_ctrl_c_ends_everything_and_a_second_start_keeps_the_data(short_path):
    first = start(short_path / "var")
    page = first.get("/")
    processes = first.everything()
    began = time.monotonic()
    end(first)

    assert time.monotonic() - began < 5
    assert [process for process in processes if not is_gone(process)] == []
    second = start(short_path / "var")
    assert second.get("/") == page
    end(second)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_a_killed_up_leaves_nothing_behind(short_path):
    up = start(short_path / "var", "--no-seeds")
    processes = up.everything()

    up.process.kill()
    up.process.wait()

    until(lambda: all(map(is_gone, processes)))


COPIED = """
import uuid
import django; django.setup()
from django.core.management import call_command
from petitions.flows import letters
from petitions.models import Installation
from tests.factories import make_letter
call_command("migrate", verbosity=0)
letters.close(make_letter())
Installation.objects.create(pk=Installation.ONLY, epoch=uuid.uuid4())
"""


def test_it_says_what_is_held_of_a_database_from_elsewhere(short_path):
    data = short_path / "var"
    data.mkdir()
    there = {"DATABASE_URL": f"sqlite:///{data / 'undersigned.sqlite3'}", "KEYS_DIR": str(data / "keys")}
    there |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "x" * 50,
        "REDIS_URL": "unix:///nowhere",
    }
    subprocess.run([sys.executable, "-c", COPIED], cwd=ROOT, env=os.environ | there, check=True)

    up = start(data, "--no-seeds")

    held = f"Held deliveries of a restored database: 1. Release them at http://localhost:{up.port}/admin/"
    until(lambda: held in up.lines())
    until(lambda: any("Public pages are held" in line for line in up.lines()))
    with pytest.raises(HTTPError, match="503"):
        up.get("/")
    assert json.loads(up.get("/mailbox/", Accept="application/json")) == []
    end(up)


def test_a_database_that_does_not_answer_is_told_in_one_sentence(short_path):
    (short_path / "var").mkdir()
    (short_path / "var" / "undersigned.sqlite3").write_text("not a database" * 100)
    up = begin(short_path / "var", "--no-seeds")

    assert up.process.wait(timeout=30) == 1
    assert up.lines() == ["The database cannot be brought up to date: file is not a database."]
