"""Everything that can be checked without running the product: `python -m tests.check`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))
MANAGE = [sys.executable, "manage.py"]
CHECKS = {
    "lint": [str(BIN / "ruff"), "check", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "templates": [str(BIN / "djangofmt"), "--check", *TEMPLATES],
    "types": [str(BIN / "mypy")],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "deploy": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="undersigned-") as place:
        failed = [name for name, command in CHECKS.items() if not _passes(name, command, place)]
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return bool(failed)


def _passes(name: str, command: list[str], place: str) -> bool:
    print(f"--- {name}", flush=True)
    production = {
        "SECRET_KEY": "only-for-this-check-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        "KEYS_DIR": place,
        "DATABASE_URL": f"sqlite:///{place}/check.sqlite3",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "SITE_URL": "https://letters.example.org",
        "ALLOWED_HOSTS": "letters.example.org",
        "EMAIL_HOST": "mail.example.org",
        "STATIC_ROOT": place,
    }
    return subprocess.run(command, cwd=ROOT, env=os.environ | production, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
