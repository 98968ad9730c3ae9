"""Configuration cannot be wrong in silence: whatever is wrong is told at once, and nothing starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import filesystems, refusals
from petitions.crypto import age

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_KEY = "age1v6symerd5wf8vxfhrhjm7mf0l9wd3xpyvjk3kzp2la3pq65v3a6q4jcwwg"
GOOD_KEY = "Vb3kQz9mT1xLw7pRf2sHn8cJd4gYa6uEo5iWq0ZtXyNvKrMhBl"
POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}}
SOUND = {
    "site_url": "https://letters.test",
    "secret_key": GOOD_KEY,
    "hosts": ["letters.test"],
    "debug": False,
    "database": POSTGRESQL,
}
HERE = SOUND | {"site_url": "http://localhost:8000", "hosts": ["localhost"]}


def refused(**settings: object) -> list[str]:
    return [name for name, _sentence in refusals.found(**SOUND | settings)]


@pytest.mark.parametrize(
    "given",
    [
        {},
        HERE,
        HERE | {"debug": True, "secret_key": "short"},
        {"backup_keys": [PUBLIC_KEY, PUBLIC_KEY]},
        {"site_url": "http://abcdef.onion", "hosts": ["abcdef.onion"]},
        {"site_url": "http://127.0.0.1:8000", "hosts": ["127.0.0.1"]},
        {"site_url": "http://[::1]:8000", "hosts": ["[::1]"]},
        {
            "database": POSTGRESQL
            | {"OPTIONS": {"options": "-c default_transaction_isolation=read\\ committed"}}
        },
    ],
)
def test_a_sound_site_starts(given):
    assert refused(**given) == []


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("SITE_URL", {"site_url": "http://letters.test"}),
        ("SITE_URL", {"site_url": "http://localhost.letters.test", "hosts": ["localhost.letters.test"]}),
        ("SITE_URL", {"site_url": "https://letters.test/app"}),
        ("SITE_URL", {"site_url": "https://me:secret@letters.test"}),
        ("SITE_URL", {"site_url": "ftp://letters.test"}),
        ("ALLOWED_HOSTS", {"hosts": ["*"]}),
        ("ALLOWED_HOSTS", {"hosts": ["letters.test", ".letters.test"]}),
        ("ALLOWED_HOSTS", {"hosts": ["elsewhere.test"]}),
        ("SECRET_KEY", {"secret_key": GOOD_KEY[:49]}),
        ("SECRET_KEY", {"secret_key": "x" * 60}),
        ("SECRET_KEY", {"secret_key": "abcdefghijkl" * 6}),
        ("SECRET_KEY", {"secret_key": f"django-insecure-{GOOD_KEY}"}),
        ("SECRET_KEY", {"secret_key": f"change-me-{GOOD_KEY}"}),
        ("DEBUG", {"debug": True}),
        ("BACKUP_PUBLIC_KEYS", {"backup_keys": [PUBLIC_KEY, PUBLIC_KEY[:-1] + "q"]}),
        ("BACKUP_PUBLIC_KEYS", {"backup_keys": ["ssh-ed25519 AAAA"]}),
        ("DATABASE_URL", {"database": POSTGRESQL | {"OPTIONS": {"isolation_level": "serializable"}}}),
        (
            "DATABASE_URL",
            {
                "database": POSTGRESQL
                | {"OPTIONS": {"options": "-c default_transaction_isolation=repeatable\\ read"}}
            },
        ),
    ],
)
def test_what_would_harm_people_is_refused(name, given):
    assert refused(**given) == [name]


def test_an_identity_in_the_place_of_its_public_key_is_refused_and_not_repeated():
    secret = age.new_identity()[0]

    ((name, sentence),) = refusals.found(**SOUND, backup_keys=[PUBLIC_KEY, secret])

    assert (name, secret in sentence) == ("BACKUP_PUBLIC_KEYS", False)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/letters/site.sqlite3", "nfs4"),
        ("/srv/other/site.sqlite3", "ext4"),
        ("/srv/two words/site.sqlite3", "fuse.sshfs"),
        ("/mnt/covered/site.sqlite3", "cifs"),
    ],
)
def test_the_innermost_and_last_mount_says_what_a_file_lies_on(tmp_path, path, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda1 / ext4 rw 0 0\n"
        "server:/a /srv/letters nfs4 rw 0 0\n"
        "me@server: /srv/two\\040words fuse.sshfs rw 0 0\n"
        "/dev/sdb1 /mnt/covered ext4 rw 0 0\n"
        "//server/b /mnt/covered cifs rw 0 0\n"
    )

    assert filesystems.kind(Path(path), mounts) == kind
    assert filesystems.is_on_the_network(kind) is (kind != "ext4")


def test_sqlite_on_the_network_is_refused(monkeypatch, tmp_path):
    mounts = tmp_path / "mounts"
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "site.sqlite3")}
    assert refused(database=database) == []
    mounts.write_text(f"server:/a {tmp_path} nfs rw 0 0\n")
    monkeypatch.setattr(filesystems.kind, "__defaults__", (mounts,))
    assert refused(database=database) == ["DATABASE_URL"]


def test_everything_is_told_at_once_and_nothing_starts(tmp_path):
    """By each of the ways in: Django's commands, the web's and the worker's module."""
    environment = {
        "PATH": os.environ["PATH"],
        "SITE_URL": "http://letters.test",
        "ALLOWED_HOSTS": "*",
        "DEBUG": "true",
        "SECRET_KEY": "changeme",
        "DATABASE_URL_FILE": str(tmp_path / "nowhere"),
        "REDIS_URL": "localhost:6379",
        "EMAIL_SECURITY": "ssl",
        "TRUSTED_PROXIES": "-1",
        "SWEEP_SECONDS": "soon",
        "HEARTBEAT_SECONDS": "soon",
        "ONION_URL": "https://letters.test",
        "BACKUP_PUBLIC_KEYS": f"{PUBLIC_KEY}, age1nobody",
    }
    said = {ended(environment, *way) for way in (("manage.py", "check"), ("-c", "import config.wsgi"))}

    (lines,) = said
    assert [line.split(":")[0].strip() for line in lines.splitlines()[1:]] == [
        "DATABASE_URL_FILE",
        "KEYS_DIR",
        "TRUSTED_PROXIES",
        "ONION_URL",
        "DATABASE_URL",
        "REDIS_URL",
        "SWEEP_SECONDS",
        "HEARTBEAT_SECONDS",
        "EMAIL_SECURITY",
        "SITE_URL",
        "ALLOWED_HOSTS",
        "BACKUP_PUBLIC_KEYS",
        "SECRET_KEY",
        "DEBUG",
    ]


def ended(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    return done.stderr
