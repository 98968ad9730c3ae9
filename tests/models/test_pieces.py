"""Finding a name in a list of many, on PostgreSQL by an index of pieces, which is rid of those of erased names."""

from __future__ import annotations

import itertools
import struct
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import DataError, connection
from django.db.models import BigIntegerField, Value
from django.utils import timezone

from petitions.flows.signatures import NO_WORDS
from petitions.models import Letter, pieces, searches
from petitions.models.words import searchable
from tests.factories import make_letter, make_workplace, sign

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
TRAP = """
CREATE OR REPLACE FUNCTION petitions_pieces(words text) RETURNS int8[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN ARRAY[1 / 0]; END $$
"""


def make_signed() -> Letter:
    letter = make_letter()
    for name in NAMES:
        sign(letter, name)
    return letter


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("latest", "few"), [(0, 0), (1, 0), (3, 0), (3, 3), (1_000, 0), (1_000, 3), (3, 1_000)]
)
def test_whatever_is_read_the_same_is_found(monkeypatch, latest, few):
    """With nothing but pieces, with a few of the latest, with the latest alone, whether or not a word is rare."""
    letter, workplace = make_signed(), make_workplace("mills.test")
    for number, name in enumerate(NAMES):  # two at each moment
        moment = timezone.now() - timedelta(hours=number // 2)
        letter.signatures.filter(name=name).update(signed_at=moment)
    letter.signatures.filter(name__in=NAMES[::2]).update(workplace=workplace)
    counted()
    monkeypatch.setattr(searches, "LATEST", latest)
    monkeypatch.setattr(pieces, "FEW", few)
    assert searches.first(letter, "ada", 1)  # from now on it is known which are the latest
    sign(letter, "Adam Newer")

    for there, words in itertools.product([None, workplace], WANTED):
        rows = letter.signatures.all().named().from_workplace(there).matching(words)
        expected = rows.latest_first().lines()
        assert searches.first(letter, words, 100, workplace=there) == expected, words
        assert searches.first(letter, words, 1, workplace=there) == expected[:1], words


@pytest.mark.django_db
@pytest.mark.on("postgresql")
def test_the_database_knows_what_is_rare(monkeypatch):
    make_signed()
    assert not pieces.are_rare(["zz"]), "not before it has counted"
    counted()
    monkeypatch.setattr(pieces, "FEW", 2)

    assert [pieces.are_rare([word]) for word in ("ada", "love", "ada zoe", "zoe", "王伟", "qq")] == [
        *(False, False, True, True, True, True)
    ]
    assert not pieces.are_rare([])
    assert pieces.telling(["zoe", "love"]) == sorted([pieces.number("zoe"), pieces.number("lov")])


@pytest.mark.django_db
@pytest.mark.on("postgresql")
def test_a_short_list_is_not_searched_by_the_pieces_of_all_letters(monkeypatch):
    """Which may stand in a million names of others."""
    letter = make_signed()
    monkeypatch.setattr(pieces, "FEW", 0)
    with connection.cursor() as cursor:
        cursor.execute(TRAP)

    found = searches.first(letter, "ada", 100)

    assert [line.name for line in found] == ["Adam Love", "Ada Lovelace"]
    monkeypatch.setattr(searches, "LATEST", 1)
    with pytest.raises(DataError, match="division by zero"):
        searches.first(letter, "ada", 100)


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
    wanted = Value(pieces.longest(["lovelace"]), output_field=ArrayField(BigIntegerField()))
    rows = make_signed().signatures.all().named().filter(pieces.are_in_line(wanted))
    others = "indrelid = 'petitions_signature'::regclass AND indexrelid <> %s::regclass"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"UPDATE pg_index SET indisvalid = false WHERE {others}", [pieces.INDEX])
        cursor.execute("ALTER TABLE petitions_signature SET (fillfactor = 100)")  # reads the catalogue anew

    assert f"Bitmap Index Scan on {pieces.INDEX}" in rows.explain()


@pytest.mark.django_db(transaction=True)
@pytest.mark.on("postgresql")
def test_no_piece_of_an_erased_name_is_left_in_the_index(monkeypatch):
    letter = make_signed()
    assert on_disk("王伟")
    letter.signatures.filter(name="王伟").update(**NO_WORDS, receipt_hash=None)
    counted()
    vacuum()
    assert on_disk("王伟"), "it would be gone without us"

    pieces.write_anew()

    assert on_disk("王伟") == 0
    monkeypatch.setattr(pieces, "FEW", 2)
    pieces.forget()
    assert [pieces.are_rare([word]) for word in ("ada", "zoe")] == [False, True], (
        "the count goes with the old file"
    )
    assert on_disk("ada") > 0
    assert len(searches.first(letter, "lovelace", 9)) == 1


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


def counted() -> None:
    """As the database does by itself after a while."""
    if pieces.are_indexed():
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE petitions_signature")
    pieces.forget()


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
