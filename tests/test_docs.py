"""The documents say what the program has: each command, address and link, and none that is not there."""

from __future__ import annotations

import contextlib
import itertools
import re
import shlex
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.urls import URLPattern, URLResolver

from petitions.backups import identities, making
from petitions.models import AuditChain
from petitions.urls import urlpatterns

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
OF_OTHERS = {"/accounts/", "/api/v1/", "/admin/"}  # told as a whole
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)")
COMMAND = re.compile(r"manage\.py ([a-z]\w*)([^`\n|·&;]*)")
TARGET = re.compile(r"\bmake ([a-z]+)\b(?=`|$| *#)", re.M)
EXAMPLES = {"EMAIL": "you@example.org", "FILE": "backup.age"}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        address = before + re.sub(r"<(?:slug|str):", "<", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, address)
        else:
            yield address


def test_every_address_stands_in_the_reference_and_no_other():
    told = set(re.findall(r"`(/[^`]*)`", REFERENCE))

    assert told == set(addresses(urlpatterns)) | OF_OTHERS


def ours() -> set[str]:
    return {name for name, app in get_commands().items() if app in ("petitions", "accounts")}


def test_every_command_stands_in_the_reference():
    targets = set(re.findall(r"^\.PHONY: (.*)$", read(ROOT / "Makefile"), re.M)[0].split())

    assert ours() - set(re.findall(r"`manage\.py (\w+)", REFERENCE)) == set()
    assert targets - set(re.findall(r"`make (\w+)`", REFERENCE)) == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_tells_to_run_can_be_run(path):
    wrong = []
    for name, rest in COMMAND.findall(read(path)):
        try:
            parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
            words = [EXAMPLES.get(word, word) for word in shlex.split(rest, comments=True) if word != "\\"]
            parser.parse_args(words)
        except (KeyError, CommandError) as error:
            wrong.append(f"manage.py {name}{rest}: {error}")
    for target in set(TARGET.findall(read(path))):
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False)
        wrong += [f"make {target}"] if done.returncode else []

    assert wrong == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    linked = [link for link in LINK.findall(read(path)) if "://" not in link]

    assert [link for link in linked if not (path.parent / link).exists()] == []


def test_every_document_is_found_from_the_readme():
    seen, to_read = set(), [ROOT / "README.md"]
    while to_read:
        path = to_read.pop()
        if path not in seen and path.suffix == ".md":
            seen.add(path)
            links = (path.parent / link for link in LINK.findall(read(path)) if "://" not in link)
            to_read += [link.resolve() for link in links]

    assert [path.name for path in DOCUMENTS if path not in seen] == []
    pictures = {link for path in DOCUMENTS for link in LINK.findall(read(path)) if link.endswith(".png")}
    there = {path.name for path in (ROOT / "docs").rglob("*.png")}
    assert there - {Path(link).name for link in pictures} == set()


COMMANDS = sorted(
    {
        (name, " ".join(rest.split()))
        for path in DOCUMENTS
        for name, rest in re.findall(r"(?:manage\.py|\bundersigned) ([a-z]\w*)([^`\n|·&;]*)", read(path))
        if name in get_commands()
    }
)
BY_OTHERS = {"up": "tests/embedded/test_up.py", "seed": "tests/test_seeds.py"}  # the whole site
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
LINES = sorted(
    {
        line.strip()
        for path in DOCUMENTS
        for block in BLOCK.findall(read(path))
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip() and not line.startswith("#")
    }
)
# Lines of the documents that no test runs as they stand, by their first word, and why. What the install guide makes
# of them, its files and the order of its steps, tests/deploy/ walks as plain processes.
NOT_RUN = {
    **dict.fromkeys(
        ("apt", "systemctl", "useradd", "su", "install", "cp", "sed", "echo"), "a machine of its own, as root"
    ),
    **dict.fromkeys(("docker", "./make-secrets"), "an engine for containers"),
    **dict.fromkeys(("cd", "editor"), "a person at a terminal"),
    "age-keygen": "tests/test_locked_backups.py does, where it is there",
    "git": "what it pulls is the next version",
    "curl": "the test of the API asks the same addresses",
    **dict.fromkeys(
        ("python3", "recount/bin/pip", "recount/bin/python"), "tests/test_verifier.py runs the program itself"
    ),
    ".venv/dev/bin/python": "it writes the catalogues, which tests/test_catalogues.py compares",
}


class Terminal:
    """Where somebody types what the documents show, with their own file and address in it."""

    def __init__(self, place: Path) -> None:
        self.backup, self.identity = place / "site.backup", place / "identity.txt"
        self.place, self.new = place, itertools.count()
        self.public_keys = [identities.make(self.identity)]
        making.make(self.backup, public_keys=self.public_keys)

    def run(self, name: str, rest: str) -> str:
        words = [self._word(name, word) for word in shlex.split(rest, comments=True)]
        if name == "restore":
            words += ["--identity", str(self.identity), "--yes"]  # nobody sits here to be asked
        out = StringIO()
        with contextlib.suppress(SystemExit):  # something is wrong with this installation, and it says so
            call_command(name, *words, stdout=out, stderr=out)
        return out.getvalue()

    def _word(self, name: str, word: str) -> str:
        if name in ("backup", "backupkey"):
            return str(self.place / f"{next(self.new)}.{name}")
        if word.endswith(("IDENTITY", "identity.txt")):
            return str(self.identity)
        if word in ("FILE", "BACKUP") or word.startswith("/"):
            return str(self.backup)
        known = {"NAME": newest(), "EMAIL": "you@example.org", "5f2c…": AuditChain.only().sha256}
        return known.get(word, word)


def newest() -> str:
    return max(name for app, name in MigrationRecorder(connection).applied_migrations() if app == "petitions")


@pytest.mark.django_db(transaction=True)
def test_every_command_that_a_document_shows_does_its_work(tmp_path, settings):
    """One after the other, on one site: what a person would type."""
    settings.STATIC_ROOT = tmp_path / "static"
    terminal = Terminal(tmp_path)
    settings.BACKUP_PUBLIC_KEYS = terminal.public_keys

    said = {(name, rest): terminal.run(name, rest) for name, rest in COMMANDS if name not in BY_OTHERS}

    assert [words for words in said if words[0] not in ("ready", "migrate") and not said[words]] == []
    assert all((ROOT / test).exists() for test in BY_OTHERS.values())


def test_every_line_that_a_document_shows_is_run_or_it_is_said_why_not():
    """Those of our own commands and of make are run above."""
    left = [line for line in LINES if line.split()[0] not in NOT_RUN]
    others = [line for line in left if not re.match(r"(python manage\.py|undersigned|make [a-z]+$)", line)]

    assert others == []
    assert {word for word in NOT_RUN if not any(line.split()[0] == word for line in LINES)} == set()
