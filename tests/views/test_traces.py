"""What is left of an address, and of a name that is not to be shown: nothing that anybody could read."""

from __future__ import annotations

import io
import logging
import re

import pypdf
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from redis import Redis

from petitions.crypto import typed
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import Shown
from petitions.models import Appear, Signature
from tests.admin.posts import page
from tests.factories import make_letter, make_user, sign
from tests.views.signing import ask, type_code

pytestmark = pytest.mark.django_db

LOCAL, NAME, ROLE, STATEMENT = "quill.marker", "Wilhelmina Quagmire", "Zymurgist", "Xylophones at dawn"
WORDS = [word.encode() for word in (LOCAL, "Wilhelmina", "Quagmire", ROLE, "Xylophones")]


def readable(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def stored() -> bytes:
    """Every value in every table, every name and value in Redis, every key file."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [readable(value) for row in cursor.fetchall() for value in row]
    with Redis(unix_socket_path=settings.REDIS_URL.removeprefix("unix://")) as redis:
        for key in redis.scan_iter():
            found += [key, redis.get(key) if redis.type(key) == b"string" else b""]
    for path in settings.KEYS_DIR.rglob("*"):
        found += [
            str(path.relative_to(settings.KEYS_DIR)).encode(),
            path.read_bytes() if path.is_file() else b"",
        ]
    return b"\n".join(filter(None, found))


def left() -> list[bytes]:
    return [word for word in WORDS if word.lower() in stored().lower()]


def ours(caplog) -> bytes:
    """What our own code logged, at any level and before anything is masked; the mail server is a test's."""
    names = ("petitions", "accounts", "config", "django", "celery")
    records = [record for record in caplog.records if record.name.startswith(names)]
    return "\n".join(record.getMessage() for record in records).encode()


def test_signing_anonymously_leaves_no_address_and_no_name(mails, caplog):
    caplog.set_level(logging.DEBUG)
    letter, client, address = make_letter(), Client(), f"{LOCAL}@example.test"
    fields = {"appear": "anonymous", "name": NAME, "role": ROLE, "statement": STATEMENT}

    ask(client, letter, address, **fields)
    assert left() == []
    type_code(client, letter, "2222-2222")
    client.post(f"/letters/{letter.slug}/code/again/")
    type_code(client, letter, mails.code(address, number=2))
    client.get(f"/letters/{letter.slug}/signed/")

    assert letter.waiting.count() == 1
    assert left() == []
    assert [word for word in WORDS if word in ours(caplog)] == []


def test_invitation_leaves_no_code_that_can_be_read(client, caplog):
    caplog.set_level(logging.DEBUG)
    letter = make_letter(owner=make_user("owner@example.org"))
    client.force_login(letter.memberships.get().user)
    printed = client.post(page("invitations", letter), {"proof": "invitation", "number": "10"})
    paper = "".join(leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(printed.content)).pages)
    codes = re.findall(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}", paper)
    sign_with = {"appear": "anonymous", "invitation": codes[0], "version": letter.version.sha256}
    assert Client().post(f"/letters/{letter.slug}/invitation/", sign_with).status_code == 303

    spellings = [spelling.encode() for code in codes for spelling in (code, code.replace("-", ""))]
    assert len(spellings) == 20
    assert [each for each in spellings if each in stored() + ours(caplog)] == []
    used, unused = (typed.digest(code.replace("-", "")) for code in codes[:2])
    assert (used in stored(), unused in stored()) == (False, True)


def test_following_leaves_no_address_that_can_be_read(client, mails, caplog):
    caplog.set_level(logging.DEBUG)
    letter, address = make_letter(), f"{LOCAL}@private.test"
    client.post(f"/letters/{letter.slug}/follow/", {"address": address})
    client.post(f"/letters/{letter.slug}/follow/code/", {"code": mails.code(address)})

    assert letter.subscriptions.count() == 1
    assert left() == []
    assert [word for word in WORDS if word in ours(caplog)] == []


@pytest.mark.parametrize(
    "go", [by_receipt.withdraw, lambda receipt: by_receipt.change(receipt, Shown(Appear.ANONYMOUS))]
)
def test_whoever_takes_the_name_away_leaves_none(go):
    receipt = sign(make_letter(), NAME, role=ROLE, statement=STATEMENT)
    assert left() == WORDS[1:]

    go(receipt)

    assert Signature.objects.count() == 1
    assert left() == []
    assert receipt.encode() not in stored()
