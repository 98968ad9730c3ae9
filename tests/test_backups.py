"""`manage.py backup` and `manage.py restore`, on the test's own database."""

from __future__ import annotations

import io
import os
import random
import resource
import secrets
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from petitions import counts, subscribers
from petitions.backups import Refused, databases, making, restoring
from petitions.flows import (
    audit,
    batches,
    deliveries,
    letters,
    proofs,
    restores,
    sending,
    signatures,
    snapshots,
)
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import Shown
from petitions.models import (
    Appear,
    AuditChain,
    AuditEvent,
    Delivery,
    Installation,
    Letter,
    Signature,
    journal,
)
from tests import apart
from tests.beside import Beside
from tests.embedded.waiting import is_gone, until
from tests.factories import make_draft, make_letter, make_user, sign, sign_many, signature_of
from tests.promises.sizes import sized

pytestmark = pytest.mark.django_db(transaction=True)

on_sqlite = pytest.mark.on("sqlite")
on_postgresql = pytest.mark.on("postgresql")


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A file's name in a folder of its own."""
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder / "site.backup"


def everything():
    """Every row of every table but those that a restore has to change."""
    models = [model for model in apps.get_models() if model.__name__ not in {"Session", "Installation"}]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def make_site():
    """Something in nearly every table; nothing waits to be sent."""
    owner = make_user("owner@example.org")
    letter = make_letter(owner=owner, milestones=(2, 50), batch_size=5, title="Fair rotas")
    withdrawn, hidden, listed = [sign(letter, f"Person {word}") for word in ("Alpha", "Beta", "Gamma")]
    by_receipt.withdraw(withdrawn)
    by_receipt.change(hidden, Shown(Appear.ANONYMOUS))
    letter.takedowns.create(signature=signature_of(listed), reason="Not me")
    for _ in range(6):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)
    sign(letter, appear=Appear.ANONYMOUS)
    subscribers.sealed(letter, address="ada@home.test", mark=secrets.token_bytes(32)).save()
    letter.updates.create(title="News", text="They read it.")
    letter.responses.create(recipient=letter.recipients.first(), text="No.")
    proofs.challenge(letter, purpose="sign", address="ada@example.test", appear="full", name="Ada Lovelace")
    make_draft(owner=owner)
    deliver(letter)
    send_all()
    return letter


def deliver(letter):
    owner = letter.memberships.first().user
    deliveries.deliver(letter, number=snapshots.next_number(letter), by=owner)
    snapshots.freeze_due()


def send_all():
    for pk in Delivery.objects.due().values_list("pk", flat=True):
        sending.send(pk)


def restore(path):
    restoring.check(path)
    restoring.restore(path)


def test_everything_comes_back(mails, backup):
    make_site()
    before = everything()
    making.make(backup)
    Signature.objects.named().delete()
    Letter.objects.update(title="Gone")
    make_letter()

    restore(backup)

    after = everything()
    assert [name for name, rows in after.items() if rows != before[name]] == []
    assert len([name for name, rows in after.items() if rows]) > 20


def test_the_chain_of_events_comes_back_with_its_lock(mails, backup):
    make_site()
    making.make(backup)
    make_letter()
    expected = AuditChain.only().number - 2

    restore(backup)

    chain = AuditChain.only()
    assert (audit.broken(known=chain.sha256), chain.number) == (None, expected)
    with pytest.raises(DatabaseError, match="never changes"):
        AuditEvent.objects.update(verb="other")
    audit.record("after_the_restore", letter=None)
    assert audit.broken() is None
    restore(backup)  # over a database that has the trigger's function already


def test_the_site_goes_on_after_a_restore(mails, backup):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    making.make(backup)
    sign(letter, "Grace Hopper")

    restore(backup)

    sign(letter, "Katherine Johnson")
    assert sorted(Signature.objects.values_list("name", flat=True)) == ["Ada Lovelace", "Katherine Johnson"]
    deliver(letter)
    send_all()
    assert len(mails.mails) == 2


def test_what_was_not_sent_is_held(mails, backup):
    letter = make_letter()
    deliver(letter)
    making.make(backup)
    send_all()
    assert len(mails.mails) == 2

    restore(backup)
    send_all()

    assert [row.state for row in letter.deliveries.all()] == ["held", "held"]
    assert len(mails.mails) == 2


def test_a_copy_that_is_put_back_by_other_means_is_told_apart(mails, backup):
    """Nothing has left since, so that only the backup itself can have turned the epoch."""
    letter = make_letter()
    deliver(letter)
    making.make(backup)

    databases.here().put_back(backup)
    send_all()

    assert [row.state for row in letter.deliveries.all()] == ["held", "held"]
    assert mails.mails == []


def test_a_site_that_was_never_looked_at_is_told_apart_too(mails, backup):
    """Neither an epoch in the database nor one beside it: a new machine would take the copy for its own."""
    make_letter()
    making.make(backup)
    shutil.rmtree(settings.KEYS_DIR)

    databases.here().put_back(backup)

    assert not restores.is_own_database()


def test_nobody_is_signed_in_after_a_restore(backup):
    """A session's key opens the workspace, so it is in no backup."""
    owner, client = make_user(), Client()
    client.force_login(owner)
    key = client.session.session_key
    making.make(backup)
    assert key.encode() not in backup.read_bytes()

    restore(backup)

    assert (Session.objects.count(), client.get("/admin/petitions/letter/").status_code) == (0, 302)


@on_sqlite
def test_words_that_were_erased_are_not_in_the_copy(backup):
    """Not even those that an older SQLite, or one without secure_delete, has left in the file."""
    letter = make_letter()
    for number in range(200):
        sign(letter, f"Erased Person {number}", statement="x" * 200)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete=OFF")
    Signature.objects.all().delete()
    journal.empty()
    assert b"Erased Person" in Path(connection.settings_dict["NAME"]).read_bytes()

    making.make(backup)

    assert b"Erased Person" not in backup.read_bytes()


def test_a_backup_is_for_its_owner_alone_and_nothing_lies_beside_it(backup):
    make_letter()
    mask = os.umask(0)
    try:
        making.make(backup)
    finally:
        os.umask(mask)

    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert list(backup.parent.iterdir()) == [backup]


def test_a_backup_replaces_another_only_when_asked(backup):
    make_letter()
    backup.write_text("older")

    with pytest.raises(Refused, match="exists"):
        making.make(backup)
    assert backup.read_text() == "older"
    making.make(backup, overwrite=True)

    restoring.check(backup)


@on_sqlite
def test_the_database_itself_is_neither_backup_nor_to_be_overwritten(tmp_path):
    make_letter()
    own = Path(connection.settings_dict["NAME"])
    link = tmp_path / "link"
    link.symlink_to(own)

    for path in (own, link):
        with pytest.raises(Refused, match="is the database itself"):
            making.make(path, overwrite=True)
        with pytest.raises(Refused, match="is the database itself"):
            restoring.check(path)


def test_an_interrupted_backup_leaves_what_was_there(backup, monkeypatch):
    make_letter()
    backup.write_text("older")
    replace = os.replace

    def interrupted(source, target):
        if target == backup:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        making.make(backup, overwrite=True)

    assert list(backup.parent.iterdir()) == [backup]
    assert backup.read_text() == "older"


DIES = """
import os, signal, sys
from pathlib import Path
from petitions.backups import making
path, replace = Path(sys.argv[1]), os.replace

def killed(source, target):
    if target == path:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)

os.replace = killed
making.make(path)
"""


def test_a_backup_that_is_killed_leaves_no_file_of_its_name(backup):
    make_letter()

    assert apart.end(apart.python(DIES, str(backup))).returncode == -signal.SIGKILL

    (left,) = backup.parent.iterdir()
    assert left.name.startswith(".site.backup.")
    assert stat.S_IMODE(left.stat().st_mode) == 0o700


@on_postgresql
def test_a_backup_that_is_ended_ends_its_program_and_leaves_nothing(backup, monkeypatch):
    make_letter()
    restores.is_own_database()
    fake_program(backup, "pg_dump", version(), 'echo $$ > "$0.pid"; exec sleep 60', monkeypatch)
    process = apart.manage("backup", str(backup))
    pid = wait_for(backup.parent.parent / "bin" / "pg_dump.pid")

    process.terminate()
    ended = apart.end(process)

    assert (ended.returncode, ended.stderr) == (1, "CommandError: Stopped. No backup was made.\n")
    assert list(backup.parent.iterdir()) == []
    until(lambda: not psutil.pid_exists(pid) or is_gone(psutil.Process(pid)))


def wait_for(path):
    limit = time.monotonic() + 20
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < limit
        time.sleep(0.02)
    return int(path.read_text())


def version():
    return connection.get_database_version()[0]


def fake_program(backup, name, number, script, monkeypatch):
    """A program of this name that says it has this version, before all others on PATH."""
    folder = backup.parent.parent / "bin"
    folder.mkdir()
    path = folder / name
    answer = f'if [ "$1" = --version ]; then echo "{name} (PostgreSQL) {number}.1"; exit; fi'
    path.write_text(f"#!/bin/sh\n{answer}\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_full_disk_is_told_and_leaves_nothing(backup):
    make_letter()
    restores.is_own_database()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        with pytest.raises(Refused):
            databases.here().copy(backup.parent)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(backup.parent.iterdir()) == []


@on_postgresql
def test_missing_programs_are_named(backup, monkeypatch):
    make_letter()
    making.make(backup)
    monkeypatch.setenv("PATH", "/nowhere")

    needed = f"Install the client programs of PostgreSQL {version()}."
    with pytest.raises(Refused, match=f"^pg_dump is missing. {needed}$"):
        making.make(backup, overwrite=True)
    with pytest.raises(Refused, match=f"^pg_restore is missing. {needed}$"):
        restoring.check(backup)


@on_postgresql
def test_programs_of_another_version_are_refused(backup, monkeypatch):
    make_letter()
    fake_program(backup, "pg_dump", 14, "exit 1", monkeypatch)

    with pytest.raises(Refused) as refusal:
        making.make(backup)

    sentence = f"pg_dump has version 14, the server {version()}. "
    assert str(refusal.value) == f"{sentence}Install the client programs of PostgreSQL {version()}."
    assert list(backup.parent.iterdir()) == []


@on_postgresql
def test_a_password_stands_in_no_argument(backup, monkeypatch):
    make_letter()
    restores.is_own_database()
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "open sesame")
    record = 'tr "\\0" " " < /proc/$$/cmdline > "$0.arguments"; echo "$PGPASSWORD" > "$0.password"; exit 1'
    fake_program(backup, "pg_dump", version(), record, monkeypatch)

    with pytest.raises(Refused, match=r"^pg_dump failed: it said nothing.$"):
        making.make(backup)

    folder = backup.parent.parent / "bin"
    assert (folder / "pg_dump.password").read_text() == "open sesame\n"
    assert "sesame" not in (folder / "pg_dump.arguments").read_text()
    assert "--format=custom" in (folder / "pg_dump.arguments").read_text()


def make_words(path):
    path.write_text("Dear diary")


def make_nothing(path):
    path.touch()


def make_cut(path):
    making.make(path)
    os.truncate(path, path.stat().st_size // 2)


def make_garbled(path):
    """As long as it was, and it begins as it did."""
    making.make(path)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 3000)


def make_foreign(path):
    """A backup of some other program's database."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE accounts_user (id)")
    else:
        database = connection.settings_dict
        command = ["pg_dump", "-Fc", "--table=auth_group", "-h", database["HOST"], "-U", database["USER"]]
        subprocess.run([*command, f"--file={path}", database["NAME"]], check=True)


def make_other_kind(path):
    path.write_bytes(b"PGDMP\x01" if connection.vendor == "sqlite" else b"SQLite format 3\0")


def make_newer(path):
    MigrationRecorder(connection).record_applied("petitions", "9999_something_new")
    try:
        making.make(path)
    finally:
        MigrationRecorder(connection).record_unapplied("petitions", "9999_something_new")


DAMAGED = {"sqlite": "is damaged.", "postgresql": "is damaged, or was made by a newer PostgreSQL."}
KINDS = {
    "sqlite": "PostgreSQL, and this site runs on SQLite",
    "postgresql": "SQLite, and this site runs on PostgreSQL",
}
REFUSALS = {
    "missing": (lambda path: None, "cannot be read: No such file or directory."),
    "folder": (Path.mkdir, "cannot be read: Is a directory."),
    "words": (make_words, "is no backup."),
    "empty": (make_nothing, "is no backup."),
    "cut": (make_cut, DAMAGED),
    "garbled": (make_garbled, DAMAGED),
    "foreign": (make_foreign, "is no backup of Undersigned."),
    "other kind": (make_other_kind, {name: f"comes from {words}." for name, words in KINDS.items()}),
    "newer": (make_newer, "was made by a newer version of Undersigned. Install that one first."),
}


@pytest.mark.parametrize(("make", "sentence"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_is_no_backup_of_ours_is_refused_and_changes_nothing(make, sentence, backup):
    make_letter()
    make(backup)
    restores.is_own_database()
    before = (everything(), Installation.objects.values().get())

    with pytest.raises(Refused) as refusal:
        restoring.check(backup)

    expected = sentence if isinstance(sentence, str) else sentence[connection.vendor]
    assert str(refusal.value) == f"{backup} {expected}"
    assert (everything(), Installation.objects.values().get()) == before
    assert restores.is_own_database()


@on_postgresql
@pytest.mark.parametrize("part", [0.01, 0.5, 0.999])
def test_a_backup_that_ends_in_the_middle_changes_nothing(part, backup):
    """It was whole when it was checked."""
    letter = make_letter()
    for number in range(50):
        sign(letter, f"Signer {number}")
    making.make(backup)
    os.truncate(backup, int(backup.stat().st_size * part))
    before = everything()

    with pytest.raises(Refused, match=r"^The database cannot be replaced: "):
        databases.here().put_back(backup)

    assert everything() == before


def go_back() -> None:
    """To one of the migrations that a new database takes at once; several tables are of later ones."""
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    executor.migrate([("petitions", "0011_accents_and_places")])


def test_an_older_database_is_backed_up_and_brought_forward(mails, backup):
    """Its copy lacks tables that refer to others; whoever drops one table after the other fails."""
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    deliver(letter)
    try:
        go_back()
        making.make(backup)
    finally:
        call_command("migrate", verbosity=0)
    send_all()
    before = Signature.objects.values().get()

    restore(backup)

    assert Signature.objects.values().get() == before
    assert [row.state for row in letter.deliveries.all()] == ["held", "held"]


def test_a_restore_waits_for_whoever_is_writing(backup):
    letter = make_letter()
    making.make(backup)

    with transaction.atomic():
        sign(letter, "Ada Lovelace")
        restoring_ = Beside(lambda: databases.here().put_back(backup))
        restoring_.wait_a_little()

    assert restoring_.outcome(30) is None
    assert Signature.objects.count() == 0


def test_a_restore_that_cannot_get_in_gives_up_and_changes_nothing(backup, monkeypatch):
    letter = make_letter()
    making.make(backup)
    monkeypatch.setattr(f"petitions.backups.{connection.vendor}.BUSY_SECONDS", 0.1)

    with transaction.atomic():
        sign(letter, "Ada Lovelace")
        refused = Beside(lambda: databases.here().put_back(backup)).outcome(30)

    assert str(refused) == "The database is busy. Stop web and workers, and try again."
    assert Signature.objects.get().name == "Ada Lovelace"


MANY = 3_000
RESTORES = """
import sys
from pathlib import Path
from petitions.backups import databases
database = databases.here()
print("begins", flush=True)
database.put_back(Path(sys.argv[1]))
"""


def test_a_restore_that_is_killed_leaves_the_old_or_the_new(backup):
    letter = make_letter()
    sign_many(letter, MANY)
    kept = Signature.objects.first()
    making.make(backup)
    began = time.monotonic()
    databases.here().put_back(backup)
    lasts = time.monotonic() - began

    found = []
    for _ in range(sized(4, 40)):
        Signature.objects.exclude(pk=kept.pk).delete()
        process = apart.python(RESTORES, str(backup))
        assert process.stdout.readline() == "begins\n"
        time.sleep(random.uniform(0, lasts * 1.2))
        process.kill()
        apart.end(process)
        found.append(Signature.objects.count())

    assert set(found) <= {1, MANY}


def read(process, typed=""):
    ended = apart.end(process, typed)
    return ended.returncode, ended.stdout, ended.stderr


def test_the_commands_say_what_happened_and_name_nobody(mails, backup):
    first, second = make_letter(title="Fair rotas"), make_letter(title="Safe floors")
    sign(first, "Ada Lovelace")
    deliver(first)
    deliver(second)
    letters.close(second)

    made = read(apart.manage("backup", str(backup)))
    restored = read(apart.manage("restore", str(backup)), "yes\n")

    assert made == (0, f"The backup is in {backup}. Keys (KEYS_DIR) and sessions are not in it.\n", "")
    assert restored == (
        0,
        "This replaces the whole database. Whatever was signed, changed or taken down since the backup is undone.\n"
        f"Type yes to go on: Restored from {backup}.\n"
        "Held deliveries: 5. Each may have been sent since the backup was made.\n"
        "  2  Fair rotas\n"
        "  3  Safe floors\n"
        "None of them leaves before an operator releases them, letter by letter: http://localhost/admin/\n"
        "Keys (KEYS_DIR) are not in a backup.\n",
        "",
    )


@pytest.mark.parametrize("typed", ["no\n", ""], ids=["no", "end"])
def test_a_restore_that_nobody_confirms_changes_nothing(typed, backup, monkeypatch):
    make_letter()
    making.make(backup)
    letter = make_letter()
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    assert refusal("restore", backup) == "Nothing was changed."
    assert Letter.objects.filter(pk=letter.pk).exists()


def test_a_refusal_is_one_sentence(backup):
    make_letter()
    backup.write_text("Dear diary")
    nowhere = backup.parent / "missing" / "site.backup"

    taken = refusal("backup", backup, "--unencrypted")
    assert taken == f"{backup} exists. Choose another name, or add --overwrite."
    assert refusal("backup", nowhere, "--unencrypted") == f"{nowhere.parent} is no folder."
    assert refusal("restore", backup) == f"{backup} is no backup. Nothing was changed."


def refusal(command, path, *options):
    """What the command says instead of doing it. It listens to a signal, which is not to outlast it."""
    listener = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(CommandError) as refused:
            call_command(command, str(path), *options)
    finally:
        signal.signal(signal.SIGTERM, listener)
    return str(refused.value)


def sign_by_code(letter):
    """As somebody with this mailbox does; the receipt."""
    pending, code = proofs.challenge(
        letter, purpose="sign", address="ada@example.test", appear="full", name="Ada Lovelace"
    )
    signatures.sign(letter, pending, code)
    return pending.receipt


def report():
    return list(restoring.report(timezone.now() - timedelta(minutes=1)))


def test_a_letter_that_was_closed_since_is_closed_again(client, backup):
    """Otherwise it would be open without its key, and whoever had signed it could sign it again."""
    letter = make_letter(title="Fair rotas")
    sign_by_code(letter)
    making.make(backup)
    letters.close(letter)

    restore(backup)

    assert Letter.objects.get().state == "closed"
    assert client.get(f"{letter.get_absolute_url()}sign/").status_code == 409
    assert (
        "Closed again, because it was closed since the backup, which destroyed its keys: Fair rotas"
        in report()
    )


def test_without_its_keys_a_letter_cannot_tell_who_has_signed(backup):
    """A new machine, as the restore says. Receipts need no key."""
    letter = make_letter(title="Fair rotas")
    receipt = sign_by_code(letter)
    making.make(backup)
    with pytest.raises(signatures.AlreadySigned):
        sign_by_code(letter)
    shutil.rmtree(settings.KEYS_DIR)

    restore(backup)

    said = "Open without its keys, so whoever signed it can sign it again and counts twice: Fair rotas"
    assert said in report()
    sign_by_code(letter)
    assert counts.recount(letter).total == 2
    by_receipt.withdraw(receipt)
    assert counts.recount(letter).total == 1


def test_without_their_key_followers_get_nothing(mails, backup):
    letter = make_letter()
    subscribers.sealed(letter, address="ada@home.test", mark=secrets.token_bytes(32)).save()
    making.make(backup)
    (settings.KEYS_DIR / subscribers.KEY).unlink()

    restore(backup)
    assert "The key of the followers' addresses is not here: they get nothing any more." in report()
    letters.close(letter)
    send_all()

    assert [mail["To"] for mail in mails.mails] == [letter.memberships.get().user.email]
