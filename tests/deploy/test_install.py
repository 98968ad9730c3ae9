"""What docs/install.md tells people to type exists."""

from __future__ import annotations

import re

import pytest
from django.core.management import get_commands

from tests.deploy.shapes import ROOT, UNITS, compose, settings_of

TEXT = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
COMMANDS = "\n".join(re.findall(r"^```sh\n(.*?)^```", TEXT, re.M | re.S))


def test_every_command_of_the_site_exists():
    named = set(re.findall(r"(?:^undersigned|manage\.py) (\w+)", COMMANDS, re.M))

    assert len(named) >= 5
    assert named - set(get_commands()) == set()


def test_every_file_exists():
    named = set(re.findall(r"\bdeploy/[\w./]+\w", TEXT)) | {
        f"docs/{name}" for name in re.findall(r"\]\((\w+\.md)\)", TEXT)
    }

    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_target_part_and_unit_exists():
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    services = re.findall(r"docker compose (?:exec|run --rm) (\w+)", TEXT)
    units = re.findall(r"undersigned[-\w]*\.(?:target|timer|service)", TEXT)

    assert set(re.findall(r"\bmake (\w+)$", COMMANDS, re.M)) <= set(targets)
    assert set(services) <= set(compose()["services"])
    assert {name for name in units if not (UNITS / name).exists()} == set()


@pytest.mark.parametrize(
    "words", ["/var/lib/undersigned/keys", "/srv/undersigned", "/var/backups/undersigned"]
)
def test_folders_are_those_of_units_and_settings(words):
    told = "".join(path.read_text(encoding="utf-8") for path in UNITS.iterdir())
    told += str(settings_of(ROOT / ".env.example"))

    assert words in TEXT
    assert words in told
