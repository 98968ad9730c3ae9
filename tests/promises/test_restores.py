"""A restore sends nothing before an operator releases it (P18), and a backup can be restored (P31)."""

from __future__ import annotations

import re
import secrets
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from config.celery import app
from petitions import tasks
from petitions.backups import identities
from petitions.crypto import age, typed
from petitions.flows import deliveries, restores, snapshots
from petitions.models import Delivery, journal
from tests import apart
from tests.factories import make_letter, make_user, sign, sign_many
from tests.promises.processes import Processes
from tests.promises.sizes import sized
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.outbox]

RECIPIENTS = sized(20, 50)
EARLIER = sized(500, 100_000)  # signatures that are there when the backup under load begins
MINUTES = 10  # the longest a restore may take


def make_waiting():
    """A letter that is to be delivered to everybody; nobody sends it yet."""
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    letter.recipients.all().delete()
    for number in range(RECIPIENTS):
        letter.recipients.create(name="Erin Chief", role="Executive", address=f"chief{number}@company.test")
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    restores.is_own_database()
    return letter


def start(parts):
    """The first bell is ours, so that nobody waits for beat's."""
    parts.start_worker()
    parts.start_beat()
    tasks.drain_outbox.delay()


def held():
    return Delivery.objects.filter(state=Delivery.State.HELD).count()


def copies(mails):
    """How many recipients have got how many."""
    envelopes = [mail["X-Envelope-To"] for mail in list(mails.mails)]
    return Counter(Counter(to for to in envelopes if to.endswith("@company.test")).values())


def ring_for_everything(parts):
    """Bells that were rung before and are heard late. Returns when the workers have answered every one."""
    rung = [tasks.send_delivery.delay(pk) for pk in Delivery.objects.values_list("pk", flat=True)]
    rung += [tasks.drain_outbox.delay() for _ in range(2)]
    parts.wait(lambda: are_answered(rung))


def are_answered(rung):
    """Beat goes on ringing, so that a queue of its own accord may never be empty."""
    with app.connection_for_read() as line:
        redis = line.default_channel.client
        waiting = redis.lrange("deliveries", 0, -1)
        unanswered = [*waiting, *redis.lrange("undersigned", 0, -1), *redis.hvals("unacked")]
    return not waiting and not any(one.id.encode() in bell for one in rung for bell in unanswered)


def release(letter, parts, mails):
    before = len(mails.mails)
    assert restores.release(letter, by=make_user(is_superuser=True)) == RECIPIENTS
    tasks.drain_outbox.delay()
    mails.wait(lambda: len(mails.mails) >= before + RECIPIENTS, 60)
    ring_for_everything(parts)
    assert (len(mails.mails), held()) == (before + RECIPIENTS, 0)


class raw_copy:  # noqa: N801 - reads as a sentence
    """The files of the database as they are now, which can be put back when nobody uses them."""

    def __init__(self, folder):
        self.name = str(connection.settings_dict["NAME"])
        self.copy = str(folder / "copy") if connection.vendor == "sqlite" else f"copy_{secrets.token_hex(4)}"

    def __enter__(self):
        journal.empty()
        let_go()
        if connection.vendor == "sqlite":
            shutil.copyfile(self.name, self.copy)
        else:
            self._tell("CREATE DATABASE {copy} TEMPLATE {own}")
        return self.put_back

    def put_back(self):
        let_go()
        if connection.vendor == "sqlite":
            for path in Path(self.name).parent.glob(f"{Path(self.name).name}-*"):
                path.unlink()
            shutil.copyfile(self.copy, self.name)
        else:
            self._tell("DROP DATABASE {own} WITH (FORCE)")
            self._tell("ALTER DATABASE {copy} RENAME TO {own}")

    def __exit__(self, *_):
        if connection.vendor == "postgresql":
            self._tell("DROP DATABASE IF EXISTS {copy} WITH (FORCE)")

    def _tell(self, words):
        names = {"own": sql.Identifier(self.name), "copy": sql.Identifier(self.copy)}
        database = connection.settings_dict
        where = {"host": database["HOST"], "user": database["USER"], "password": database["PASSWORD"] or None}
        port = database["PORT"] or None
        with psycopg.connect(dbname="postgres", port=port, autocommit=True, **where) as server:
            server.execute(sql.SQL(words).format(**names))


def let_go():
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


@pytest.mark.promise("P18")
def test_a_restore_while_mails_leave_sends_nothing(parts, mails, figures, tmp_path):
    """Web, worker and beat go on; the database changes under them in the middle of the delivery."""
    letter, backup = make_waiting(), tmp_path / "site.backup"
    parts.start_web(workers=1)
    parts.manage("backup", str(backup))
    start(parts)
    mails.wait(lambda: len(mails.mails) > 1, 60)

    said = parts.manage("restore", str(backup), "--yes")
    sent = len(mails.mails)
    ring_for_everything(parts)

    assert f"Held deliveries: {RECIPIENTS}." in said
    assert (len(mails.mails), held(), set(copies(mails))) == (sent, RECIPIENTS, {1})
    figures(sent_before=sent, sent_by_the_restore=len(mails.mails) - sent, held=held())
    release(letter, parts, mails)
    assert copies(mails) == Counter({1: RECIPIENTS - sent, 2: sent})


@pytest.mark.promise("P18")
def test_a_raw_copy_that_is_put_back_sends_nothing(parts, mails, figures, tmp_path):
    """No command of ours has a part in it: everything is stopped, and somebody puts older files back."""
    make_waiting()
    with raw_copy(tmp_path) as put_back:
        start(parts)
        mails.wait(lambda: len(mails.mails) == RECIPIENTS, 60)
        parts.end("worker")
        parts.end("beat")
        put_back()
    assert Delivery.objects.due().count() == RECIPIENTS

    start(parts)
    parts.wait(lambda: held() == RECIPIENTS)
    ring_for_everything(parts)

    assert copies(mails) == {1: RECIPIENTS}
    figures(sent_before=RECIPIENTS, sent_by_the_restore=len(mails.mails) - RECIPIENTS, held=held())


SIGNERS = 3
SIGNS = """
import itertools, sys, time
from petitions.flows import proofs, signatures
from petitions.models import Letter
slug, who, log = sys.argv[1:]
letter, log = Letter.objects.get(slug=slug), open(log, "w", buffering=1)
for number in itertools.count():
    address = f"{who}{number}@example.test"
    pending, code = proofs.challenge(letter, purpose="sign", address=address, appear="full", name="Ada Lovelace")
    print("tried", pending.receipt, file=log)
    signatures.sign(letter, pending, code)
    print(time.monotonic(), pending.receipt, file=log)
"""


class Signing:
    """People at work in processes of their own, who write down what was acknowledged, and when."""

    def __init__(self, letter, folder):
        self.logs = [folder / f"signer{number}.txt" for number in range(SIGNERS)]
        self.processes = [apart.python(SIGNS, letter.slug, log.stem, str(log)) for log in self.logs]

    def lines(self):
        text = "".join(log.read_text() for log in self.logs if log.exists())
        return [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def tried(self):
        return {typed.digest(receipt) for word, receipt in self.lines() if word == "tried"}

    def acknowledged(self, before=float("inf")):
        done = [(float(word), receipt) for word, receipt in self.lines() if word != "tried"]
        return {typed.digest(receipt) for at, receipt in done if at < before}

    def goes_on(self, number):
        """So many more signatures were acknowledged since this was asked for."""
        aim = len(self.acknowledged()) + number
        return lambda: len(self.acknowledged()) >= aim

    def end(self):
        for process in self.processes:
            process.kill()
            apart.end(process)


def rows_of(database_url, query):
    """From a database that is not the test's own."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as line:
            return line.execute(query).fetchall()
    with psycopg.connect(database_url) as line:
        return line.execute(query).fetchall()


@pytest.mark.promise("P31")
@pytest.mark.timeout(sized(300, 3000))
def test_a_backup_made_while_people_sign_comes_back_whole(parts, own_database, figures, tmp_path):
    """Encrypted, and put back elsewhere: into an empty database, on a machine without the keys of this one."""
    letter, backup, identity = make_letter(), tmp_path / "site.backup.age", tmp_path / "identity.txt"
    parts.environment["BACKUP_PUBLIC_KEYS"] = identities.make(identity)
    sign_many(letter, EARLIER)
    signing = Signing(letter, tmp_path)
    try:
        parts.wait(signing.goes_on(50))
        began = time.monotonic()
        parts.manage("backup", str(backup))
        assert backup.read_bytes().startswith(age.BEGINS)
        made = time.monotonic()
        parts.wait(signing.goes_on(50))
    finally:
        signing.end()

    place = tmp_path / "elsewhere"
    place.mkdir()
    there = {"database_url": own_database, "redis_url": settings.REDIS_URL, "keys": place / "keys"}
    with Processes(place, mail_port=1, **there) as elsewhere:
        restoring = time.monotonic()
        elsewhere.manage("restore", str(backup), "--identity", str(identity), "--yes")
        restored = time.monotonic()
        assert "Public pages are held" in elsewhere.manage("erasures")
        elsewhere.manage("erasures", "--show-pages")
        elsewhere.start_web()
        elsewhere.wait(elsewhere.answers)
        page = Visitor(elsewhere.url).get(letter.get_absolute_url()).text

    found = {
        bytes(value) for (value,) in rows_of(own_database, "SELECT receipt_hash FROM petitions_signature")
    }
    ((marks,),) = rows_of(own_database, "SELECT count(*) FROM petitions_mark")
    acknowledged = signing.acknowledged(before=began)
    assert acknowledged - found == set()
    assert len(found - signing.tried()) == EARLIER
    assert (marks, re.findall(r'<data value="(\d+)">', page)) == (len(found), [str(len(found))])
    assert restored - restoring < MINUTES * 60
    figures(
        signatures=len(found),
        acknowledged_before=EARLIER + len(acknowledged),
        lost=len(acknowledged - found),
        backup_seconds=round(made - began, 1),
        restore_seconds=round(restored - restoring, 1),
        megabytes=round(backup.stat().st_size / 1e6, 1),
    )
