"""PostgreSQL crashes in the middle of a round, and forgets what was not waited for: nobody gets a second copy."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests import postgresql
from tests.mailserver import MailServer
from tests.promises.processes import ROOT, until

pytestmark = [
    pytest.mark.on("postgresql"),
    pytest.mark.processes,
    pytest.mark.timeout(300),
    pytest.mark.skipif(postgresql.programs() is None, reason="no wheel with PostgreSQL for this machine"),
]

FOLLOWERS, ENOUGH = 20, 11  # of whom the first six are claimed before the rest
SYNCED = (
    "wal_writer_delay=10000",
    "bgwriter_lru_maxpages=0",
    "autovacuum=off",
)  # commits that wait, and no other
BRING = """
import sys, django
django.setup()
from django.core.management import call_command
from petitions import subscribers
from petitions.crypto import typed
from petitions.flows import rounds
from petitions.models import Letter
from tests.factories import make_letter, post_update
call_command("migrate", verbosity=0)
letter = Letter.objects.first() or make_letter()
for number in range(int(sys.argv[2]) - letter.subscriptions.count()):
    subscribers.sealed(letter, address=f"reader{number}@private.test", mark=typed.digest(str(number))).save()
told = post_update(letter, title=sys.argv[1]).deliveries.all().to_followers()
rounds.SECONDS = 300
rounds.bring(list(told.values_list("pk", flat=True)))
"""
SWEEP = """
import json, django
django.setup()
from petitions.flows import rounds
from petitions.models import Delivery
from petitions.models.leases import take_back_abandoned
from tests.promises.moments import end_leases
rounds.SECONDS = 300
take_back_abandoned()
end_leases()
take_back_abandoned()
rounds.bring(list(Delivery.objects.due().to_followers().values_list("pk", flat=True)))
rows = Delivery.objects.to_followers().select_related("update_told")
print(json.dumps([
    (row.update_told.title, row.message_id, row.state, row.smtp_text) for row in rows
]))
"""


@pytest.fixture
def server() -> Iterator[postgresql.Server]:
    with postgresql.own(*SYNCED) as server:
        yield server


def stop_at_once(server: postgresql.Server) -> None:
    server.stop(postgresql.AT_ONCE)
    server.start()


def kill_one_process(server: postgresql.Server) -> None:
    """As a machine does that runs out of memory: the others are ended, and the server goes on without a new start."""
    with psycopg.connect(server.url, autocommit=True) as mine:
        began = asked(mine, "SELECT pg_postmaster_start_time()")
        os.kill(asked(mine, "SELECT pg_backend_pid()"), signal.SIGKILL)
        until(lambda: is_gone(mine))
    until(lambda: answers(server))
    with psycopg.connect(server.url) as mine:
        assert asked(mine, "SELECT pg_postmaster_start_time()") == began


@pytest.mark.promise("P12")
def test_a_database_that_crashes_sends_no_follower_a_second_copy(server, mails, figures):
    mails.pauses = (0.05, 0.0)
    for crash in (stop_at_once, kill_one_process):
        brought_until(crash, server, mails)
    mails.pauses = (0.0, 0.0)

    rows = json.loads(run(server, mails, SWEEP).communicate(timeout=120)[0])
    copies = Counter(mail["Message-ID"][1:].partition("@")[0] for mail in mails.mails)
    assert max(copies.values()) == 1
    for crash in (stop_at_once, kill_one_process):
        mine = [row for row in rows if row[0] == crash.__name__]
        states = Counter(state for _title, _name, state, _text in mine)
        forgotten = [name for _title, name, _state, text in mine if text == "DatabaseCrashed"]
        arrived = sum(copies[name] for name in forgotten)
        figures(**{crash.__name__: dict(states), f"{crash.__name__}_forgot": arrived})
        assert states["accepted"] + states["unknown"] == FOLLOWERS
        assert all(copies[name] for _title, name, state, _text in mine if state == "accepted")
        assert arrived, "the crash took nothing: it proved nothing"


def brought_until(
    crash: Callable[[postgresql.Server], None], server: postgresql.Server, mails: MailServer
) -> None:
    with stopped(server, "walwriter"):  # or it would now and then put on disk what nobody waits for
        before = len(mails.mails)
        sender = run(server, mails, BRING, crash.__name__, str(FOLLOWERS))
        mails.wait(lambda: len(mails.mails) > before + ENOUGH)
        assert sender.poll() is None
        crash(server)
    sender.communicate(timeout=120)


@contextlib.contextmanager
def stopped(server: postgresql.Server, kind: str) -> Iterator[None]:
    with psycopg.connect(server.url, autocommit=True) as mine:
        process = asked(mine, f"SELECT pid FROM pg_stat_activity WHERE backend_type = '{kind}'")
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # it crashed with the server
            os.kill(process, signal.SIGCONT)


def run(
    server: postgresql.Server, mails: MailServer, script: str, *arguments: str
) -> subprocess.Popen[bytes]:
    where = {"TEST_DATABASE": server.url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    environment = os.environ | where | {"EMAIL_PORT": str(mails.port)}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def asked(mine: psycopg.Connection, query: str) -> int:
    return mine.execute(query).fetchone()[0]


def is_gone(mine: psycopg.Connection) -> bool:
    try:
        mine.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def answers(server: postgresql.Server) -> bool:
    try:
        psycopg.connect(server.url).close()
    except psycopg.OperationalError:
        return False
    return True
