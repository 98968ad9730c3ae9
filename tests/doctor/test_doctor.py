"""What the doctor finds: each line is well here, and wrong where the thing is broken; the page says the same."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from config.schedule import OFTEN
from config.version import VERSION
from petitions import doctor
from petitions.backups import making
from petitions.doctor import findings, machine, parts, senders, services, work
from petitions.embedded import Refused, startup
from petitions.flows import deliveries, jobs, snapshots
from petitions.models import Delivery, Heartbeat, Job, Mismatch
from tests.deploy.shapes import ROOT, settings_of
from tests.factories import make_letter
from tests.promises.faults import FaultyServer, says

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private_keys(settings, tmp_path) -> Path:
    settings.KEYS_DIR = tmp_path / "keys"
    settings.KEYS_DIR.mkdir(mode=0o700)
    return settings.KEYS_DIR


def wrong(look) -> str:
    with pytest.raises(findings.Wrong) as caught:
        look()
    return str(caught.value)


def test_a_sound_installation_is_well_line_by_line(settings, mails):
    settings.SITE_URL, settings.IS_HTTPS = "http://localhost:8000", False
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.EMAIL_HOST, settings.EMAIL_SECURITY, settings.EMAIL_HOST_USER = "127.0.0.1", "none", ""
    jobs.note(making.NAME)
    out = StringIO()

    call_command("doctor", stdout=out)

    lines = out.getvalue().splitlines()
    assert len(lines) == len(doctor.INSTALLATION + senders.CHECKS)
    assert [line for line in lines if not line.startswith("ok ")] == []
    assert "Backup: The last one is 0\xa0minutes old. They are not encrypted." in out.getvalue()
    assert f"Version: Undersigned {VERSION}, " in out.getvalue()


def test_something_wrong_ends_it_with_1(settings):
    settings.KEYS_DIR = settings.KEYS_DIR / "nowhere"
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.code == 1
    assert "WRONG  Keys: KEYS_DIR, " in out.getvalue()


def test_keys_that_others_can_read_are_told(private_keys):
    assert machine.keys().endswith("is for this user alone.")
    (private_keys / "site.key").write_bytes(b"x")
    (private_keys / "site.key").chmod(0o640)
    assert f"Others on this machine can read {private_keys / 'site.key'}." in wrong(machine.keys)


@pytest.mark.parametrize("setting", ["DEFAULT_FROM_EMAIL", "CODE_FROM_EMAIL"])
def test_a_sender_that_nobody_could_answer_is_told(settings, setting):
    settings.SITE_URL, settings.EMAIL_HOST = "https://letters.test", "mail.letters.test"
    settings.DEFAULT_FROM_EMAIL, settings.CODE_FROM_EMAIL = "a@letters.test", "b@letters.test"
    assert list(machine._settings()) == []
    setattr(settings, setting, "codes@localhost")
    assert f"{setting} has no address that others could answer to" in wrong(machine.configuration)


def test_behind_a_proxy_that_redirects_the_settings_are_complete(private_keys, tmp_path):
    """As .env.example sets it up, with the warnings that Django has for an encrypted site."""
    environment = settings_of(ROOT / ".env.example") | {
        "PATH": os.environ["PATH"],
        "KEYS_DIR": str(private_keys),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "STATIC_ROOT": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/site.sqlite3",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def test_a_full_disk_is_told(monkeypatch):
    monkeypatch.setattr(machine, "LEAST_BYTES", 10**15)
    assert "Make room." in wrong(machine.disk)


def test_changes_that_were_not_applied_are_told():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'mfa'")
    assert "Run: manage.py migrate" in wrong(services.migrations)
    with pytest.raises(CommandError, match="Tables: 3 changes were not applied"):
        call_command("ready")


def test_tables_of_a_newer_version_let_nothing_start():
    call_command("ready")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES "
            "('gone', '0001_initial', CURRENT_TIMESTAMP), ('petitions', '9999_later', CURRENT_TIMESTAMP)"
        )
    assert "of a newer version than this one (petitions.9999_later)" in wrong(services.migrations)
    with pytest.raises(CommandError, match="Tables: They are of a newer version"):
        call_command("ready")
    with pytest.raises(Refused, match="of a newer version"):
        startup.migrate()


@pytest.mark.on("sqlite")
def test_a_setting_that_the_count_relies_on_is_told():
    assert services.isolation()  # in a transaction SQLite would not let it be changed
    services.WANTED["sqlite"], kept = "delete, 1, 1", services.WANTED["sqlite"]
    try:
        assert "has to be “delete, 1, 1”" in wrong(services.isolation)
    finally:
        services.WANTED["sqlite"] = kept


@pytest.mark.on("postgresql")
def test_another_isolation_is_told():
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    assert "“repeatable read”" in wrong(services.isolation)
    with pytest.raises(CommandError, match="Isolation: It stands at “repeatable read”"):
        call_command("ready")


def test_a_broker_that_is_gone_is_told(settings, tmp_path):
    assert services.broker() == "It answers."
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    assert "no mail leaves but codes" in wrong(services.broker)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ({"connect": says("554 go away")}, "says: 554 go away"),
        ({"connect": says("nonsense")}, "The mail server broke the line."),
    ],
)
def test_a_mail_server_that_wants_nothing_of_us_is_told(settings, script, sentence):
    settings.EMAIL_SECURITY, settings.EMAIL_HOST_USER = "none", ""
    with FaultyServer(script) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        assert sentence in wrong(services.mail_server)
    assert "The mail server could not be reached." in wrong(services.mail_server)
    settings.EMAIL_HOST = ""
    assert "EMAIL_HOST is not set" in services.mail_server()


def test_a_backup_is_missed_where_the_site_writes_to_people(settings):
    settings.EMAIL_HOST, settings.MAILBOX_SOCKET = "", ""
    assert "this site writes to nobody" in work.backup()
    settings.EMAIL_HOST = "mail.letters.test"
    assert "None was made." in wrong(work.backup)
    jobs.note(making.NAME)
    assert "not encrypted. Set BACKUP_PUBLIC_KEYS" in wrong(work.backup)
    settings.SITE_URL = "http://localhost:8000"
    assert work.backup().endswith("They are not encrypted.")
    settings.BACKUP_PUBLIC_KEYS = ["age1"]
    assert work.backup().endswith("They are encrypted.")
    Job.objects.update(succeeded_at=timezone.now() - timedelta(days=3))
    assert "every night" in wrong(work.backup)


def everybody_is_heard() -> None:
    for part in (Heartbeat.BEAT, *settings.QUEUES):
        Heartbeat.note(part)


def test_jobs_that_nobody_does_are_told():
    assert "They wait for what is stopped" in work.jobs()
    everybody_is_heard()
    assert wrong(work.jobs).startswith(f"Late: {', '.join(OFTEN)}, ")
    for name in settings.CELERY_BEAT_SCHEDULE:
        jobs.note(name)
    assert work.jobs() == "Each ran when it was due."
    Job.objects.filter(name="purge").update(succeeded_at=timezone.now() - timedelta(hours=30))
    assert "Late: purge." in wrong(work.jobs)
    Job.objects.filter(name="forget").update(error="It failed.")
    assert "Failed: forget." in wrong(work.jobs)


def test_of_what_is_silent_the_part_that_is_stopped_is_named_and_no_other(settings, tmp_path):
    looks = (parts.beat, parts.worker, parts.sender)
    everybody_is_heard()
    assert [look() for look in looks] == ["Heard 0 seconds ago."] * 3

    long_ago = timezone.now() - timedelta(seconds=90)
    Heartbeat.objects.filter(part="sender").update(seen_at=long_ago)
    assert "No mail was taken up for 90 seconds." in wrong(parts.sender)
    assert [look() for look in (parts.beat, parts.worker)] == ["Heard 0 seconds ago."] * 2

    Heartbeat.objects.update(seen_at=long_ago)
    assert "Nothing was heard of it for 90 seconds." in wrong(parts.beat)
    assert [parts.worker(), parts.sender()] == ["Nothing comes to it: see Beat."] * 2

    Heartbeat.note(Heartbeat.BEAT)
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    assert [parts.worker(), parts.sender()] == ["Nothing comes to it: see Broker."] * 2
    assert (work.jobs()[:9], work.queues()) == ("They wait", "It cannot be told: see Broker.")


def test_a_number_that_is_wrong_is_told():
    assert work.numbers()
    Mismatch.objects.create(letter=make_letter(), place="page", shown=9, counted=8)
    assert "1 number is not what the rows say." in wrong(work.numbers)


def test_mails_that_wait_and_are_held_are_told():
    letter = make_letter()
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    assert "0 mails wait for an organizer's decision" in work.outbox()
    Delivery.objects.update(not_before=timezone.now() - timedelta(minutes=5))
    assert "The oldest mail that could leave waits for 5\xa0minutes." in wrong(work.outbox)
    Delivery.objects.update(state="held", hold_reason="restored")
    assert "2 mails are held." in wrong(work.outbox)


def test_what_it_stumbles_over_stops_no_other_line():
    def stumble() -> str:
        raise ZeroDivisionError

    found = list(findings.examine([findings.Check("One", stumble), findings.Check("Two", lambda: "well")]))
    assert [(line.is_well, line.is_known, line.sentence) for line in found] == [
        (False, False, "It could not be looked at (ZeroDivisionError)."),
        (True, True, "well"),
    ]


def test_the_page_is_for_operators_alone_and_says_the_same(client):
    assert client.get("/status/").status_code == 404
    client.force_login(User.objects.create_user("owner@example.org", is_organizer=True))
    assert client.get("/status/").status_code == 404
    jobs.note("drain_outbox")
    client.force_login(User.objects.create_user("operator@example.org", is_superuser=True))
    answer = client.get("/status/")
    said = " ".join(answer.content.decode().split())
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    for check in doctor.INSTALLATION + doctor.RUNNING:
        assert f"{check.name}:" in said
    assert "drain_outbox" in said
    assert "done now" in said or "second" in said
