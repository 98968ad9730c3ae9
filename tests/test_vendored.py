"""Files that others wrote are those that were fetched, and each is named in the one list of them."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
VENDOR = ROOT / "tests" / "browser" / "vendor"
MANIFEST = tomllib.loads((VENDOR / "manifest.toml").read_text(encoding="utf-8"))


def test_each_is_listed_with_its_hash():
    lies = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir()}
    del lies["manifest.toml"]

    assert lies == {name: sha256 for part in MANIFEST.values() for name, sha256 in part["sha256"].items()}


def test_each_says_where_it_comes_from_and_who_uses_it():
    for part in MANIFEST.values():
        assert set(part) == {"version", "licence", "source", "used-by", "sha256"}
        assert "vendor" in (ROOT / part["used-by"]).read_text(encoding="utf-8")


def test_no_file_of_others_lies_elsewhere():
    """A minified file is the sign of one."""
    places = [ROOT / name for name in ("static", "templates", "tests")]
    found = [path for place in places for path in place.rglob("*.min.*") if path.parent != VENDOR]

    assert found == []
