"""Finding a name in a list of many, on PostgreSQL by an index of pieces, which is rid of those of erased names."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from django.db import connection

from petitions.flows.signatures import NO_WORDS
from petitions.models import Signature, pieces, signatures
from petitions.models.words import searchable
from tests.factories import make_letter, sign

NAMES = ["Ada Lovelace", "José Martí", "王伟", "Łucja Ж", "Adam Love", "Straße Ligature ﬁ", "👩 Zoë"]
WANTED = [
    "ada",
    "love lace",
    "jose",
    "王伟",
    "伟",
    "ж",
    "ss",
    "fi lig",
    "👩",
    "zz",
    "a",
    "lovelace a",
    "ada ada l",
    "_",
    "%",
]


def make_signed():
    letter = make_letter()
    for name in NAMES:
        sign(letter, name)
    return letter.signatures.all().named()


@pytest.mark.django_db
@pytest.mark.parametrize("latest", [0, 1, 3, 1_000])
def test_whatever_is_read_the_same_is_found(monkeypatch, latest):
    """With nothing but pieces, with a few of the latest, and with the latest alone."""
    rows = make_signed()
    monkeypatch.setattr(signatures, "LATEST", latest)

    for words in WANTED:
        expected = list(rows.matching(words).latest_first().values_list("pk", flat=True))
        assert rows.first_matching(words, 100) == expected, words
        assert rows.first_matching(words, 1) == expected[:1], words


@pytest.mark.django_db
@pytest.mark.on("postgresql")
def test_the_database_cuts_words_into_the_same_pieces():
    for line in map(searchable, NAMES):
        cut = {
            pieces.number(line[at : at + size]) for size in (1, 2, 3) for at in range(len(line) - size + 1)
        }
        with connection.cursor() as cursor:
            cursor.execute("SELECT petitions_pieces(%s)", [line])
            assert set(cursor.fetchone()[0]) == cut


@pytest.mark.django_db
@pytest.mark.on("postgresql")
def test_the_index_serves_the_question():
    """Where no other index could: in a list so short the database would take any."""
    rows = make_signed().filter(pieces.are_in_line(["lovelace"]))
    others = "indrelid = 'petitions_signature'::regclass AND indexrelid <> %s::regclass"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"UPDATE pg_index SET indisvalid = false WHERE {others}", [pieces.INDEX])
        cursor.execute("ALTER TABLE petitions_signature SET (fillfactor = 100)")  # reads the catalogue anew

    assert f"Bitmap Index Scan on {pieces.INDEX}" in rows.explain()


@pytest.mark.django_db(transaction=True)
@pytest.mark.on("postgresql")
def test_no_piece_of_an_erased_name_is_left_in_the_index():
    rows = make_signed()
    assert on_disk("王伟")
    rows.filter(name="王伟").update(**NO_WORDS, receipt_hash=None)
    vacuum()
    assert on_disk("王伟"), "it would be gone without us"

    pieces.write_anew()

    assert on_disk("王伟") == 0
    assert on_disk("ada") > 0
    assert len(Signature.objects.all().first_matching("lovelace", 9)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.on("postgresql")
def test_half_an_index_that_was_left_behind_goes_first():
    make_signed()
    left = f"{pieces.INDEX}_ccnew"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX {left} ON petitions_signature USING gin (petitions_pieces(search))")
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [left])

    pieces.write_anew()

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s), to_regclass(%s)", [left, pieces.INDEX])
        assert cursor.fetchone() == (None, pieces.INDEX)


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (INDEX_CLEANUP ON) petitions_signature")


def on_disk(*found: str) -> int:
    """How many times these pieces stand in the file of the index."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT current_setting('data_directory'), pg_relation_filepath(%s)", [pieces.INDEX])
        content = Path(*cursor.fetchone()).read_bytes()
    return sum(content.count(struct.pack("<q", pieces.number(each))) for each in found)
