"""The documents say what the program has: each command, address and link, and none that is not there."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, get_commands, load_command_class
from django.urls import URLPattern, URLResolver

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
