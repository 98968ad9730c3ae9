"""Reads the environment for `config.settings`: every variable also as `NAME_FILE`, every error at once."""

import os
from collections.abc import Mapping
from pathlib import Path

from environs import Env, EnvValidationError

SECRETS = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_USER", "EMAIL_PASSWORD")


def read() -> Env:
    """The environment with secrets from files filled in. A wrong value is told by `finish`, not at once."""
    for name in SECRETS:
        path = os.environ.get(f"{name}_FILE")
        if path and not os.environ.get(name):
            os.environ[name] = Path(path).read_text(encoding="utf-8").strip()
    return Env(eager=False)


def finish(env: Env) -> None:
    """End the process with one line for each variable that is missing or wrong."""
    try:
        env.seal()
    except EnvValidationError as error:
        messages = error.error_messages if isinstance(error.error_messages, Mapping) else {}
        lines = [f"  {name}: {' '.join(errors)}" for name, errors in messages.items()]
        raise SystemExit("\n".join(["The environment is not complete (see .env.example):", *lines])) from None
