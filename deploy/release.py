"""Tags the version of pyproject.toml, of a clean tree that passes everything and a changelog that tells of it.

Standard library only; `make release` runs it.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from pathlib import Path


class Refused(Exception):
    """No release; the sentence says why."""


def release(root: Path, version: str) -> str:
    """The tag. Nothing is left behind where it refuses."""
    tag = f"v{version}"
    _require_clean(root)
    if _git(root, "tag", "--list", tag):
        raise Refused(f"{tag} exists. Write the next version into pyproject.toml.")
    _require_told(root, version)
    if subprocess.run([root / ".ci" / "run"], cwd=root, check=False).returncode:  # noqa: S603
        raise Refused("Not everything passes: see above.")
    _require_clean(root)
    _git(root, "tag", "--annotate", tag, "--message", f"Undersigned {version}")
    return tag


def _require_clean(root: Path) -> None:
    changed = _git(root, "status", "--porcelain")
    if changed:
        raise Refused(f"Not committed:\n{changed}")


def _require_told(root: Path, version: str) -> None:
    """A heading with version and day, and at least one line below; nothing waits under Unreleased."""
    parts = re.split(r"^## ", (root / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.M)[1:]
    told = {part.splitlines()[0].strip(): part.partition("\n")[2].strip() for part in parts}
    if told.get("Unreleased"):
        raise Refused(
            f"CHANGELOG.md has lines under Unreleased: move them under “## {version} (YYYY-MM-DD)”."
        )
    for heading, lines in told.items():
        found = re.fullmatch(rf"{re.escape(version)} \((\d{{4}}-\d\d-\d\d)\)", heading)
        if found and lines:
            datetime.date.fromisoformat(found[1])
            return
    raise Refused(f"CHANGELOG.md says nothing below “## {version} (YYYY-MM-DD)”.")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)  # noqa: S603, S607
    return done.stdout.strip()


def main() -> None:
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "config/version.py"]
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603
    try:
        print(f"{release(root, said.stdout.strip())} is tagged. To publish it: git push --follow-tags")  # noqa: T201
    except Refused as refusal:
        sys.exit(f"No release. {refusal}")


if __name__ == "__main__":
    main()
