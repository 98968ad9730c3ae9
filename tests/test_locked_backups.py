"""Encrypted backups: whoever has the file alone reads nothing, and nothing comes back from one that was changed."""

from __future__ import annotations

import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from petitions.backups import Refused, identities, locked, making, restoring
from petitions.crypto import age
from petitions.management.commands.restore import QUESTION
from petitions.models import Letter, Signature
from tests import apart
from tests.factories import make_letter, sign, sign_many

pytestmark = pytest.mark.django_db(transaction=True)

PLAIN = (b"Ada Lovelace", b"SQLite format 3", b"PGDMP", b"petitions_")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what was decrypted lies for a while, for these processes and those that they start."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def make_keys(folder: Path) -> tuple[Path, str]:
    path = folder.parent / "identity.txt"
    return path, identities.make(path)


def restore(path: Path, identity: Path | None) -> None:
    with locked.readable(path, identity) as backup:
        restoring.check(backup)
        restoring.restore(backup)


def test_what_was_locked_comes_back_by_each_identity(kept, temporary):
    letter, backup = make_letter(), kept / "site.age"
    sign(letter, "Ada Lovelace")
    identity, public = make_keys(kept)
    other = kept.parent / "other.txt"
    making.make(backup, public_keys=[public, identities.make(other)])

    assert list(kept.iterdir()) == [backup]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [words for words in PLAIN if words in backup.read_bytes()] == []
    for file in (identity, other):
        Signature.objects.all().delete()
        restore(backup, file)
        assert Signature.objects.get().name == "Ada Lovelace"
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(not shutil.which("age"), reason="the program age is not installed")
def test_the_program_age_makes_keys_for_it_and_opens_it(kept):
    make_letter(title="Fair rotas")
    backup, identity, opened = kept / "site.age", kept / "key.txt", kept / "site.backup"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    public = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True, text=True).stdout
    making.make(backup, public_keys=[public.strip()])

    subprocess.run(["age", "--decrypt", "-i", identity, "-o", opened, backup], check=True)
    restoring.check(opened)
    again = kept / "again.age"
    subprocess.run(["age", "-r", public.strip(), "-o", again, opened], check=True)
    Letter.objects.update(title="Gone")
    restore(again, identity)

    assert Letter.objects.get().title == "Fair rotas"


def cut(part):
    """Without what comes after this part of it."""
    return lambda content: content[: int(len(content) * part)]


def flipped(at):
    """One bit is another."""

    def change(content):
        changed = bytearray(content)
        changed[at] ^= 1
        return bytes(changed)

    return change


def other_share(content):
    """A letter of the key's share is another letter: still base64, which one bit is not for six letters of 64."""
    return content[:70] + (b"B" if content[70:71] == b"A" else b"A") + content[71:]


CUT_OFF = "{backup} was cut off or changed since it was made."
NOT_FOR_THEM = "{backup} was not encrypted to {identity}, or its beginning is damaged."
CHANGES = {
    "header cut": (lambda content: content[:100], CUT_OFF),
    "one piece": (lambda content: content[:60_000], CUT_OFF),
    "half": (cut(0.5), CUT_OFF),
    "last byte gone": (lambda content: content[:-1], CUT_OFF),
    "more than there was": (lambda content: content + b"x", CUT_OFF),
    "another share": (other_share, NOT_FOR_THEM),
    "bit at the beginning": (flipped(300), CUT_OFF),
    "bit in the middle": (flipped(70_000), CUT_OFF),
    "last bit": (flipped(-1), CUT_OFF),
}


def test_what_was_changed_is_refused_and_changes_nothing(kept, temporary):
    letter, backup = make_letter(), kept / "site.age"
    identity, public = make_keys(kept)
    sign_many(letter, 500)
    making.make(backup, public_keys=[public])
    content = backup.read_bytes()
    Signature.objects.all().delete()
    said = {}

    for name, (change, _sentence) in CHANGES.items():
        backup.write_bytes(change(content))
        with pytest.raises(Refused) as refusal:
            restore(backup, identity)
        said[name] = str(refusal.value)

    assert len(content) > 100_000
    places = {"backup": backup, "identity": identity}
    assert said == {name: sentence.format(**places) for name, (_change, sentence) in CHANGES.items()}
    assert (Signature.objects.count(), list(temporary.iterdir())) == (0, [])


def test_what_cannot_open_it_is_said(kept, temporary):
    make_letter()
    backup, plain, missing = kept / "site.age", kept / "site.backup", kept / "missing"
    identity, public = make_keys(kept)
    making.make(backup, public_keys=[public])
    making.make(plain)
    stranger, open_to_all, none, shut = (kept / name for name in ("stranger", "open", "none", "shut"))
    identities.make(stranger)
    shutil.copy(identity, open_to_all)
    open_to_all.chmod(0o640)
    none.write_text(f"{public}\n")
    shutil.copy(backup, shut)
    for file in (none, shut):
        file.chmod(0o600)
    expected = {
        None: f"{backup} is encrypted: name the file that opens it, --identity FILE.",
        stranger: f"{backup} was not encrypted to {stranger}, or its beginning is damaged.",
        open_to_all: f"{open_to_all} can be read by others than you. Run: chmod 600 {open_to_all}",
        none: f"{none} holds no identity. It is the file with the line AGE-SECRET-KEY-…",
        shut: f"{shut} is encrypted itself: age -d shows what is in it.",
        missing: f"{missing} cannot be read: No such file or directory.",
    }

    said = {file: refused(backup, file) for file in expected}

    assert said == expected
    assert refused(plain, identity) == (
        f"{plain} is not encrypted: leave out --identity if that is as it should be."
    )
    assert list(temporary.iterdir()) == []


def refused(path, identity):
    with pytest.raises(Refused) as refusal:
        restore(path, identity)
    return str(refusal.value)


def test_a_file_that_opens_and_is_no_backup_is_named_as_it_was(kept):
    make_letter()
    backup = kept / "diary.age"
    identity, public = make_keys(kept)
    with (kept.parent / "diary").open("w+b") as diary, backup.open("wb") as target:
        diary.write(b"Dear diary")
        diary.seek(0)
        age.lock(diary, target, [public])

    assert refused(backup, identity) == f"{backup} is no backup."


DIES = """
import os, signal, sys
from pathlib import Path
from petitions.backups import making
from petitions.crypto import age

def killed(stream, data):
    stream.stream.write(data)
    stream.stream.flush()
    if stream.stream.tell() > 100_000:
        os.kill(os.getpid(), signal.SIGKILL)
    return len(data)

age._Stream.write = killed
making.make(Path(sys.argv[1]), public_keys=[sys.argv[2]])
"""


def test_a_backup_that_is_killed_leaves_nothing_to_read(kept, temporary):
    """Neither of what it had copied nor of what it had encrypted, under whatever name."""
    letter, backup = make_letter(), kept / "site.age"
    sign(letter, "Ada Lovelace")
    sign_many(letter, 500)
    _identity, public = make_keys(kept)

    ended = apart.end(apart.python(DIES, str(backup), public))

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    left = [path for folder in (kept, temporary) for path in folder.rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["draft"]
    assert left[0].stat().st_size > 100_000
    assert [words for words in PLAIN if words in left[0].read_bytes()] == []
    assert stat.S_IMODE(left[0].parent.stat().st_mode) == 0o700


def test_a_restore_that_is_ended_takes_along_what_it_had_decrypted(kept, temporary):
    make_letter()
    backup = kept / "site.age"
    identity, public = make_keys(kept)
    making.make(backup, public_keys=[public])
    process = apart.manage("restore", str(backup), "--identity", str(identity))
    assert process.stdout.read(len(QUESTION)) == QUESTION
    (inside,) = [path for path in temporary.rglob("*") if path.is_file()]
    assert stat.S_IMODE(inside.parent.stat().st_mode) == 0o700

    process.terminate()
    ended = apart.end(process)

    assert (ended.returncode, ended.stderr) == (
        1,
        "CommandError: Stopped. Run it again: it may not have come to its end.\n",
    )
    assert list(temporary.iterdir()) == []


def test_a_site_that_others_reach_makes_no_open_backup_unasked(kept, settings):
    make_letter()
    public = identities.make(kept / "identity")
    settings.SITE_URL = "https://letters.test"

    with pytest.raises(Refused, match="Set BACKUP_PUBLIC_KEYS"):
        making.public_keys()
    assert list(making.public_keys(unencrypted=True)) == []
    settings.BACKUP_PUBLIC_KEYS = [public]
    assert list(making.public_keys()) == [public]
    assert list(making.public_keys(unencrypted=True)) == []
    settings.SITE_URL, settings.BACKUP_PUBLIC_KEYS = "http://localhost:8000", []
    assert list(making.public_keys()) == []


def test_a_new_key_is_for_its_owner_alone_and_replaces_none(kept, capsys):
    path = kept / "identity.txt"

    call_command("backupkey", str(path))

    said = capsys.readouterr().out
    (secret,) = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    (public,) = [line for line in said.splitlines() if line.startswith("BACKUP_PUBLIC_KEYS=")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret not in said
    assert f"# public key: {public.partition('=')[2]}\n" in path.read_text()
    with pytest.raises(CommandError, match="exists"):
        call_command("backupkey", str(path))
    assert secret in path.read_text()
