"""What a signer does, step by step, over HTTP and through a real mail server."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client

from petitions.models import Letter
from tests.mailserver import MailServer

FIELDS = {"appear": "full", "name": "Ada Lovelace", "role": "", "statement": ""}


def ask(client: Client, letter: Letter, address: str = "ada@example.test", **fields: Any) -> HttpResponse:
    return client.post(f"/letters/{letter.slug}/sign/", FIELDS | {"address": address} | fields)


def type_code(client: Client, letter: Letter, code: str) -> HttpResponse:
    return client.post(f"/letters/{letter.slug}/code/", {"code": code})


def sign(
    client: Client, letter: Letter, mails: MailServer, address: str = "ada@example.test", **fields: Any
) -> HttpResponse:
    """From the form to the answer after the code."""
    sent = len(mails.to(address))
    assert ask(client, letter, address, **fields).status_code == 303
    return type_code(client, letter, mails.code(address, number=sent + 1))
