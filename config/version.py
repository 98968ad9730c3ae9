"""Which version this is: it stands in pyproject.toml, and nowhere else. `python config/version.py` prints it."""

import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
VERSION: str = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]

if __name__ == "__main__":
    print(VERSION)  # noqa: T201
