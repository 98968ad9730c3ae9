"""Asks the mail sink of `up` what it holds."""

import json
import socket
from typing import Any

from django.conf import settings

SECONDS = 5


def read() -> list[dict[str, Any]]:
    """All mails, newest first; attachments without their content. OSError when the sink is gone."""
    mails: list[dict[str, Any]] = json.loads(_ask(""))
    return mails


def find(key: str) -> dict[str, Any] | None:
    """One mail, attachments with their content in base64."""
    mail: dict[str, Any] | None = json.loads(_ask(key))
    return mail


def _ask(question: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(SECONDS)
        connection.connect(settings.MAILBOX_SOCKET)
        connection.sendall(f"{question}\n".encode("ascii", "replace"))
        with connection.makefile("rb") as answer:
            return answer.read()
