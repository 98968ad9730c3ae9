"""The files of `deploy/` as tests read them, and the image as far as it can be made without a program for images."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
PARTS = ("web", "worker", "sender", "beat")
PROGRAMS = "/srv/undersigned/.venv/run/bin/"


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def unit(name: str) -> ConfigParser:
    """Names as they are written; a name that is repeated has its last value."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNITS / name, encoding="utf-8")
    return parser


def unit_command(part: str) -> list[str]:
    """As systemd starts it: two percent signs stand for one."""
    command = unit(f"undersigned-{part}.service")["Service"]["ExecStart"]
    return shlex.split(command.removeprefix(PROGRAMS).replace("%%", "%"))


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile, each on one line."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.M)).splitlines()
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines if line.strip()]


def settings_of(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", path.read_text(encoding="utf-8"), re.M))


def copy_what_the_image_holds(place: Path) -> None:
    """By .dockerignore: all is left out but what it names. Compiled files come along, to save the time."""
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in rules
    for name in (rule[1:] for rule in rules if rule.startswith("!")):
        source, target = ROOT / name, place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)


def build(place: Path, environment: dict[str, str]) -> None:
    """The image's files, and the steps of its making that are the site's own."""
    copy_what_the_image_holds(place)
    (step,) = [text for word, text in instructions() if word == "RUN" and "collectstatic" in text]
    subprocess.run(["sh", "-ec", step], cwd=place, env=environment, check=True, timeout=120)
