from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from petitions import tasks
from petitions.flows import receipts as by_receipt
from tests.factories import make_letter, sign

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.on("sqlite")]


def hits(word: bytes) -> int:
    database = Path(connection.settings_dict["NAME"])
    return sum(path.read_bytes().count(word) for path in database.parent.glob(f"{database.name}*"))


def test_an_erased_name_is_in_no_file_of_the_database():
    receipt = sign(make_letter(), "Zelda Erasable")
    assert hits(b"Zelda Erasable")

    by_receipt.withdraw(receipt)
    tasks.forget()

    assert hits(b"Zelda Erasable") == 0
    assert hits(b"zelda erasable") == 0
