"""How many rows each statement of a page reads, as PostgreSQL tells: none reads all of a letter's but the count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from petitions.flows import reviews
from petitions.models import Signature
from tests.factories import make_letter, sign, sign_many, signature_of

pytestmark = [pytest.mark.django_db, pytest.mark.on("postgresql")]

MANY, FEW = 400, 110  # signatures; rows that one statement may read, which is a page of the list
PAGES = ("", "signatures/", "verify/", "sign/", "embed/", "feed.atom")


@pytest.fixture
def signed():
    """Of a few hundred rows PostgreSQL would read all even where it has an index."""
    letter = make_letter(milestones=(10_000,))
    pinned = signature_of(sign(letter, "Ada Lovelace"))
    by = letter.memberships.get().user
    assert reviews.pin(pinned, seen=pinned.words_digest, is_pinned=True, by=by)
    sign_many(letter, MANY)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("ANALYZE petitions_signature")
    return letter


def test_no_page_reads_all_rows_but_to_count_them(signed):
    with CaptureQueriesContext(connection) as sent:
        answers = [Client().get(signed.get_absolute_url() + page) for page in PAGES]
    of_rows = [query["sql"] for query in sent if Signature._meta.db_table in query["sql"]]

    assert [answer.status_code for answer in answers] == [200] * len(PAGES)
    assert any(rows_read(words) > MANY for words in of_rows)  # the count: it would be seen
    assert [words for words in of_rows if is_asking(words) and rows_read(words) > FEW] == []


def test_new_rows_are_looked_through_soon():
    """So that a count need not look into the table for them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [Signature._meta.db_table])
        assert cursor.fetchone() == (["autovacuum_vacuum_insert_scale_factor=0.01"],)


def is_asking(words: str) -> bool:
    return words.startswith("SELECT") and "COUNT(" not in words


def rows_read(words: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {words}".replace("%", "%%"), [])
        (told,) = cursor.fetchone()
    return sum(
        step["Actual Loops"] * (step["Actual Rows"] + step.get("Rows Removed by Filter", 0))
        for step in steps((json.loads(told) if isinstance(told, str) else told)[0]["Plan"])
        if "Scan" in step["Node Type"] and "Bitmap Heap" not in step["Node Type"]
    )


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", []):
        yield from steps(each)
