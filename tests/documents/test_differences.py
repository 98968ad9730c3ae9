from __future__ import annotations

import time

import pytest

from petitions.documents import differences
from petitions.documents.differences import Piece
from petitions.models import Version


def marked(pieces: list[Piece]) -> str:
    return "".join(f"[{piece.text}]" if piece.is_changed else piece.text for piece in pieces)


def rows(old: str, new: str) -> list[tuple[str, str]]:
    return [(marked(row.old), marked(row.new)) for row in differences.rows(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("Same\n\nlines", "Same\nlines", [("Same", "Same"), ("lines", "lines")]),
        (
            "We ask for a fair rota.",
            "We ask for an honest rota.",
            [("We ask for [a fair] rota.", "We ask for [an honest] rota.")],
        ),
        ("One\nTwo", "One\nThree times two is six", [("One", "One"), ("[Two]", "[Three times two is six]")]),
        ("One", "One\nTwo", [("One", "One"), ("", "[Two]")]),
        ("", "New", [("", "[New]")]),
        ("Gone", "", [("[Gone]", "")]),
        ("", "", []),
    ],
)
def test_rows(old, new, found):
    assert rows(old, new) == found


def test_every_word_of_both_is_there():
    old, new = "We, the nurses, ask for more pay and rest.", "We, all nurses, ask now for pay, rest and heat."
    (row,) = differences.rows(old, new)
    assert "".join(piece.text for piece in row.old) == old
    assert "".join(piece.text for piece in row.new) == new


def test_versions_part_by_part():
    old = Version(title="Rota", text="Be fair.", demands=[{"number": 1, "title": "Plan", "text": "Ahead"}])
    new = Version(title="Rota", text="Be fair.", demands=[{"number": 2, "title": "Pay", "text": ""}])
    parts = differences.between(old, new)
    assert [(part.label, part.is_changed) for part in parts] == [
        ("Title", False),
        ("Text", False),
        ("Demand 1", True),
        ("Demand 2", True),
    ]


@pytest.mark.parametrize(
    "line", ["word " * 40_000, "\n" * 200_000, "a\nb\n" * 50_000, ("a b " * 500 + "\n") * 100]
)
def test_the_longest_text_takes_no_longer_than_a_person_waits(line):
    began = time.process_time()
    differences.rows(line, line[1:].replace("a", "c", 7) + "end")
    assert time.process_time() - began < 5
