"""What programs read: whether the web can answer, and numbers for whoever holds the token."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from petitions import codes, undelivered
from petitions.backups import making
from petitions.doctor import machine
from petitions.flows import deliveries, jobs, snapshots
from petitions.models import Delivery, Domain, Heartbeat, Job, Mismatch
from petitions.models.letters import random_slug
from tests.factories import make_letter
from tests.promises.faults import FaultyServer, says
from tests.test_codes import message

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-operator"
LINE = re.compile(r'undersigned_(\w+)(?:{\w+="([^"\\\n]+)"})? (-?[\d.e+]+)')


@pytest.fixture
def read(client, settings):
    """The numbers, by gauge and what tells them apart; every line has to be one of the three that there are."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[str, dict[str | None, float]]:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert (answer.status_code, answer["Content-Type"]) == (
            200,
            "text/plain; version=0.0.4; charset=utf-8",
        )
        found: dict[str, dict[str | None, float]] = {}
        for line in answer.content.decode().removesuffix("\n").split("\n"):
            if comment := re.fullmatch(r"# (?:HELP undersigned_(\w+) .+|TYPE undersigned_\w+ gauge)", line):
                found |= {comment[1]: {}} if comment[1] else {}
            else:
                name, word, number = LINE.fullmatch(line).groups()
                found[name][word] = float(number)
        return found

    return read


def test_they_are_for_whoever_holds_the_token(client, settings):
    def asked(header: str | None) -> int:
        return client.get("/metrics", headers={"Authorization": header} if header else {}).status_code

    assert {asked(header) for header in (None, "Bearer ", "Bearer")} == {404}
    settings.METRICS_TOKEN = TOKEN
    assert {asked(header) for header in (None, "Bearer", "Bearer x", f"Basic {TOKEN}", "Bearer é")} == {404}
    assert asked(f"bearer {TOKEN}") == 200


def test_they_say_how_the_site_stands(read, settings, tmp_path):
    settings.KEYS_DIR = tmp_path
    letter = make_letter()
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    now = timezone.now()
    Delivery.objects.update(not_before=now - timedelta(minutes=5))
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state="unknown", body_started_at=now)
    Heartbeat.note(Heartbeat.BEAT)
    Heartbeat.objects.create(part="worker", seen_at=now - timedelta(seconds=90))
    jobs.note(making.NAME)
    Job.objects.update(succeeded_at=now - timedelta(hours=2))
    Job.objects.create(name="forget", error="It failed.")
    Mismatch.objects.create(letter=letter, place="page", shown=9, counted=8)

    told = read()

    assert told["mails"] | {"queued": 1, "unknown": 1, "held": 0} == told["mails"]
    assert 300 <= told["oldest_mail_seconds"][None] < 400
    assert (
        0 <= told["heartbeat_age_seconds"]["beat"] < 60 < 90 <= told["heartbeat_age_seconds"]["worker"] < 200
    )
    assert 7200 <= told["job_age_seconds"]["backup"] < 7300
    assert 7200 <= told["backup_age_seconds"][None] < 7300
    assert told["job_failed"] == {"backup": 0, "forget": 1}
    assert told["count_mismatches"] == {None: 1}
    assert told["queue_length"].keys() == {"undersigned", "deliveries"}
    assert told["disk_free_bytes"]["keys"] > 0
    assert {part: told["well"][part] for part in ("database", "migrations", "broker", "beat", "worker")} == {
        "database": 1,
        "migrations": 1,
        "broker": 1,
        "beat": 1,
        "worker": 0,
    }
    assert (told["well"]["numbers"], told["well"]["outbox"], told["well"]["jobs"]) == (0, 0, 0)


def test_codes_that_do_not_leave_are_told_in_tens_and_for_domains_that_are_public(read, settings):
    make_letter()
    hidden = make_letter(slug=random_slug(), is_listed=False)
    Domain.objects.create(name="hidden.test", workplace=hidden.workplaces.create(name="Hidden"))
    public = Domain.objects.exclude(name="hidden.test").get().name
    before = undelivered.tens(public)
    with FaultyServer({"RCPT": says("550 no such mailbox")}) as server:
        settings.EMAIL_PORT = server.port
        sender = codes.Sender(threads=1)
        for number in range(11):
            sender.send(message(f"person{number}@{public}"))
        sender.drain(30)

    told = read()["codes_undelivered"]

    assert told == {public: before + 10}


def test_a_broker_that_is_gone_is_named_and_nothing_that_waits_for_it(read, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    Heartbeat.note(Heartbeat.BEAT)

    told = read()

    assert "queue_length" not in told
    of_the_broker = ("broker", "beat", "worker", "sender", "jobs", "queues")
    assert [told["well"][part] for part in of_the_broker] == [0, 1, 1, 1, 1, 1]


def test_the_web_is_ready_or_says_what_is_missing(client, monkeypatch):
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (200, b"ok\n")
    assert client.get("/readyz")["Cache-Control"].startswith("max-age=0, no-cache, no-store")

    monkeypatch.setattr(machine, "LEAST_BYTES", 10**15)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'mfa'")
    answer = client.get("/readyz")

    assert (answer.status_code, answer.content) == (503, b"wrong: migrations\nwrong: disk\n")


def test_neither_redis_nor_mail_makes_the_web_unready(client, settings, tmp_path):
    settings.REDIS_URL, settings.EMAIL_PORT = f"unix://{tmp_path}/nobody.sock", 1
    assert client.get("/readyz").status_code == 200
