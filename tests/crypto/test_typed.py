from __future__ import annotations

import pytest

from petitions.crypto import typed


@pytest.mark.parametrize(
    "text", ["ABCD2345", "abcd-2345", " ABCD - 2345 ", "ＡＢＣＤ２３４５", "abcd\u20132345"]
)
def test_a_code_means_the_same_however_it_is_typed(text):
    assert typed.canonical(text) == "ABCD2345"


def test_codes_and_receipts_use_letters_that_nobody_mistakes():
    assert set(typed.ALPHABET).isdisjoint("01OIL")
    assert len(typed.ALPHABET) == 30
    assert len(typed.new_code()) == 8
    assert typed.is_receipt(typed.new_receipt())
    assert len({typed.new_receipt() for _ in range(1000)}) == 1000


def test_they_are_shown_in_fours():
    assert typed.grouped("ABCD2345") == "ABCD-2345"
    assert typed.grouped("2" * 28) == "-".join(["2222"] * 7)
