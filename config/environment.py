"""Reads the environment for `config.settings`: every variable also as `NAME_FILE`, every error at once."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from environs import Env, EnvValidationError

from config.refusals import Refusal

SECRETS = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_USER", "EMAIL_PASSWORD", "METRICS_TOKEN")
_unread: list[Refusal] = []  # files of secrets that could not be read


def read() -> Env:
    """The environment with secrets from files filled in. A wrong value is told by `finish`, not at once."""
    for name in SECRETS:
        path = os.environ.get(f"{name}_FILE")
        if path and not os.environ.get(name):
            try:
                os.environ[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                _unread.append((f"{name}_FILE", f"{path} cannot be read ({type(error).__name__})."))
    return Env(eager=False)


def finish(env: Env, refusals: Iterable[Refusal]) -> None:
    """End the process with one line for each variable that is missing or wrong."""
    told: dict[str, list[str]] = defaultdict(list)
    for name, sentence in _unread:
        told[name].append(sentence)
    try:
        env.seal()
    except EnvValidationError as error:
        messages = error.error_messages if isinstance(error.error_messages, Mapping) else {}
        for name, sentences in messages.items():
            told[name] += sentences
    for name, sentence in refusals:
        told[name].append(sentence)
    if told:
        lines = [f"  {name}: {' '.join(sentences)}" for name, sentences in told.items()]
        raise SystemExit("\n".join(["The environment is not complete (see .env.example):", *lines]))
