"""Nothing acknowledged is lost when the database or the web goes away, and signing needs no Redis."""

from __future__ import annotations

import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import redis
from django.db import connection

from petitions.models import Signature
from tests import postgresql, valkey
from tests.factories import make_letter
from tests.promises.interruptions import server_restarted, web_killed
from tests.promises.processes import until
from tests.promises.races import spread
from tests.promises.signers import Inbox, Signer
from tests.promises.sizes import sized
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.timeout(sized(300, 3000))]

CLIENTS = 64
LETTER = "/letters/rush/"
PREPARED = """
from django.core.management import call_command
from tests.factories import make_letter
call_command("migrate", verbosity=0)
make_letter(slug="rush")
"""
STORED = "SELECT name FROM petitions_signature WHERE state = 'published'"


@pytest.fixture
def interrupted(tmp_path, mail_server):
    """A site on a database that is this test's alone, with an open letter."""
    mail_server.clear()
    if connection.vendor == "postgresql" and not postgresql.programs():
        pytest.skip("no PostgreSQL in a wheel for this machine, and another's is not restarted")
    start = web_killed if connection.vendor == "sqlite" else server_restarted
    surroundings = {"redis_url": f"unix://{tmp_path / 'valkey.sock'}", "keys": tmp_path / "keys"}
    with (
        valkey.running(tmp_path / "valkey.sock"),
        start(tmp_path, times=sized(1, 3), mail_port=mail_server.port, **surroundings) as site,
    ):
        site.processes.environment["TRUSTED_PROXIES"] = "1"
        site.processes.manage("shell", "-v0", "-c", PREPARED)
        site.processes.start_web()
        site.processes.wait(site.processes.answers)
        yield site


@pytest.mark.promise("P1")
def test_no_acknowledged_signature_is_lost(interrupted, mail_server, figures):
    url, inbox, number = interrupted.processes.url, Inbox(mail_server), sized(100, 10_000)
    people = [Signer(url, LETTER, inbox, f"Signer {n}", f"person{n}@example.test") for n in range(number)]

    limit = time.monotonic() + sized(120, 2400)

    with ThreadPoolExecutor(1) as aside:
        works = [partial(person.sign_at_last, limit) for person in people]
        signing = aside.submit(spread, works, clients=CLIENTS)
        for turn, interrupt in enumerate(interrupted.interruptions, start=1):
            share = number * turn // (len(interrupted.interruptions) + 1)
            until(lambda share=share: sum(person.is_acknowledged for person in people) >= share, 1000)
            interrupt()
        assert set(signing.result()) == {None}

    acknowledged = {person.name for person in people if person.is_acknowledged}
    stored = Counter(name for (name,) in interrupted.rows(STORED))
    unanswered = sum(person.unanswered for person in people)
    lost, doubled = acknowledged - set(stored), [name for name in stored if stored[name] > 1]
    figures(acknowledged=len(acknowledged), lost=len(lost), doubled=len(doubled), unanswered=unanswered)
    assert (len(acknowledged), lost, doubled, len(stored)) == (number, set(), [], number)
    assert f">{number:,}</data></strong> signatures" in Visitor(url).get(LETTER).text
    assert unanswered, "nobody felt the interruption: it proved nothing"


def stop(server, _socket):
    server.terminate()
    server.wait(10)


def silence(server, _socket):
    server.send_signal(signal.SIGSTOP)


def empty(_server, socket):
    redis.Redis(unix_socket_path=str(socket)).flushall()


@pytest.mark.promise("P5")
@pytest.mark.parametrize("trouble", [stop, silence, empty])
def test_signing_works_without_redis(trouble, tmp_path, parts, mails, figures):
    """The trouble begins in the middle of the rush; no page takes three seconds longer than before."""
    letter, number, socket = make_letter(), sized(24, 200), tmp_path / "own.sock"
    parts.environment |= {"TRUSTED_PROXIES": "1", "COUNT_SECONDS": "2", "REDIS_URL": f"unix://{socket}"}
    inbox, path = Inbox(mails), letter.get_absolute_url()

    with valkey.running(socket) as server:
        parts.start_web(workers=sized(1, 2))
        parts.wait(parts.answers)
        people = [
            Signer(parts.url, path, inbox, f"Signer {n}", f"person{n}@example.test") for n in range(number)
        ]
        with ThreadPoolExecutor(1) as aside:
            signing = aside.submit(spread, [partial(visited, person) for person in people], clients=8)
            until(lambda: sum(person.is_acknowledged for person in people) >= number // 3)
            usual, left = slowest(people), sum(not person.is_acknowledged for person in people)
            trouble(server, socket)
            assert set(signing.result()) == {None}
        server.send_signal(signal.SIGCONT)

    names = sorted(Signature.objects.values_list("name", flat=True))
    figures(signed=len(names), after_the_trouble=left, lost=number - len(names))
    figures(slowest_before=round(usual, 2), slowest=round(slowest(people), 2))
    assert {answer.status for person in people for answer in person.answers} == {200, 303}
    assert names == sorted(person.name for person in people if person.is_acknowledged)
    assert (len(names), left > 0, slowest(people) < usual + 3) == (number, True, True)


def slowest(people):
    return max(answer.seconds for person in people for answer in list(person.answers))


def visited(person):
    """The letter, its form, the code, and the receipt at the end."""
    person.read()
    person.sign()
    person.read("signed/")
