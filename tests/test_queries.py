"""How many statements each hot path sends to the database: as many for a thousand rows as for one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from petitions import counts
from petitions.crypto import tokens
from petitions.flows import batches, exports, letters, milestones, proofs, snapshots, traces
from petitions.models import Appear, Letter, Mark, WaitingSignature, pieces, prepared
from petitions.pending import cookie_name, seal
from petitions.views import signatories
from tests.factories import make_letter, sign_many

pytestmark = pytest.mark.django_db
STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
PAGES = {
    "home": 2 + 2,  # letters and their counts; what came of them
    "letter": 22,  # and one more for those who came first, where not all stand on it
    "names": 5,
    "search": 4,
    "verify": 8,
    "form": 5,
    "typed form": 6,
    "code": 3,
    "typed code": 8,
    "receipt": 3,
    "token": 5,
}
WORK = {
    "recount": 1,
    "milestones": 2,
    "scatter": 4,
    "export": 8,
    "publishing": 9,
    "closing": 24,
    "freezing": 4,
}


def statements(work: Callable[[], Any]) -> int:
    """Without what begins and ends transactions, and without locks, which not every database has."""
    with CaptureQueriesContext(connection) as sent:
        work()
    words = (word for query in sent.captured_queries for word in query["sql"].split(prepared.SEPARATOR))
    return sum(word.lstrip("(\n").startswith(STATEMENTS) and "pg_advisory" not in word for word in words)


class Reader:
    """A browser; what it asks for must be answered as it should."""

    def __init__(self, letter: Letter) -> None:
        self._client, self._letter = Client(), letter

    def get(self, page: str) -> int:
        return self._counted(200, lambda: self._client.get(self._letter.get_absolute_url() + page))

    def post(self, page: str, status: int, **fields: str) -> int:
        url = self._letter.get_absolute_url() + page
        return self._counted(
            status, lambda: self._client.post(url, fields, headers={"Accept": "application/json"})
        )

    def asks(self, address: str, **shown: str) -> str:
        """As after the form; the code."""
        asked, code = proofs.challenge(self._letter, purpose="sign", address=address, **shown)
        self._client.cookies[cookie_name("sign")] = seal(self._letter, asked)
        return code

    @staticmethod
    def _counted(status: int, ask: Callable[[], Any]) -> int:
        answers: list[Any] = []
        number = statements(lambda: answers.append(ask()))
        assert answers[0].status_code == status
        return number


@pytest.mark.parametrize("rows", [1, 3, 1_000])
def test_pages_ask_as_often_whatever_has_been_signed(rows, mails):
    letter = make_letter(milestones=(10_000,))
    sign_many(letter, rows)
    reader, signer, sealed = (Reader(letter) for _ in range(3))
    asked = {
        "home": statements(lambda: Client().get("/")),
        "letter": reader.get(""),
        "names": reader.get("signatures/"),
        "search": reader.get("signatures/?q=grace"),
        "verify": reader.get("verify/"),
        "form": reader.get("sign/"),
        "typed form": reader.post("sign/", 303, appear="full", name="Ada", address="ada@example.test"),
    }
    code = signer.asks("radia@example.test", appear=Appear.FULL, name="Radia Perlman")
    asked |= {"code": signer.get("code/"), "typed code": signer.post("code/", 303, code=code)}
    asked |= {"receipt": signer.get("signed/")}
    code, blinded = (
        sealed.asks("alan@example.test", appear=Appear.ANONYMOUS),
        b"\x40" + secrets.token_bytes(383),
    )
    asked |= {"token": sealed.post("token/", 200, code=code, blinded=tokens.to_text(blinded))}

    assert asked == PAGES | {
        "letter": PAGES["letter"] + (rows > signatories.WHOLE),
        "search": PAGES["search"]
        + 2 * pieces.are_indexed(),  # what is rare, and since when the latest were signed
    }


@pytest.mark.parametrize("rows", [1, 3, 1_000])
def test_work_in_the_background_sends_as_much_whatever_has_been_signed(rows):
    """What is written row by row goes in pieces of five hundred."""
    letter = make_letter(milestones=(10_000,))
    sign_many(letter, rows)
    Mark.objects.filter(letter=letter).update(is_scattered=True)
    _wait(letter, 20)
    sent = {
        "recount": statements(lambda: counts.recount(letter)),
        "milestones": statements(lambda: milestones.glance(letter)),
        "scatter": statements(lambda: traces.scatter(letter)),
        "export": statements(lambda: list(exports.signatures(letter, by=letter.memberships.get().user))),
        "publishing": statements(lambda: batches.publish_full(letter)),
    }
    _wait(letter, 3)
    sent |= {"closing": statements(lambda: letters.close(letter))}
    sent |= {"freezing": statements(lambda: snapshots.freeze(letter.snapshots.get()))}
    cursors = 0 if connection.vendor == "postgresql" else 1  # which Django counts where it opens none
    by_hand = 2 * cursors  # SQLite cannot delete and insert in one

    assert sent == WORK | {"freezing": WORK["freezing"] + cursors, "scatter": WORK["scatter"] + by_hand}


def _wait(letter: Letter, number: int) -> None:
    row = {"letter": letter, "version": letter.version, "kind": "by_policy", "proof": "mailbox"}
    hashes = (secrets.token_bytes(32) for _ in range(number))
    WaitingSignature.objects.bulk_create(WaitingSignature(receipt_hash=value, **row) for value in hashes)
