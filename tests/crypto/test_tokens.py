from __future__ import annotations

import pytest

from petitions.crypto import blind, tokens, typed
from tests import sealed

TOKEN = tokens.Token(letter="fair-rota", version="a1" * 32, key_id="b2" * 32, number="c3" * 32)
LINE = f"undersigned1.fair-rota.{'a1' * 32}.{'b2' * 32}.{'c3' * 32}"


def test_a_token_is_its_line_and_the_line_is_what_is_signed():
    assert str(TOKEN) == LINE
    assert TOKEN.message() == LINE.encode()
    assert tokens.Token.parse(LINE) == TOKEN
    assert tokens.Token.parse(f"\n {LINE}\r\n") == TOKEN


@pytest.mark.parametrize(
    "line",
    [
        "",
        LINE[:-1],
        LINE + "0",
        LINE.upper(),
        LINE.replace("a1", "A1"),
        LINE.replace("undersigned1", "undersigned2"),
        LINE.replace("fair-rota", ""),
        LINE.replace("fair-rota", "fair rota"),
        LINE.replace("fair-rota", "fair.rota"),
        LINE.replace("fair-rota", "f" * 81),
        LINE.replace("fair-rota", "f\u00e4ir"),
        LINE.replace("c3c3", "\u0663\u0663c3", 1),
        LINE.replace(".a1", ".\na1"),
        f"{LINE}\n{LINE}",
    ],
)
def test_another_line_is_no_token(line):
    with pytest.raises(tokens.NotAToken):
        tokens.Token.parse(line)


def test_the_number_is_the_hash_that_is_stored_of_the_receipt():
    receipt = typed.new_receipt()

    assert bytes.fromhex(tokens.number(receipt)) == typed.digest(receipt)
    assert tokens.number("2" * 28) == "9e377e5c9245fa0b2dd362e232c549ff3c358714cc29b5a79e138c031351c979"


def test_a_key_line_holds_letter_version_and_key():
    line = sealed.key_line_of(sealed.make_key())

    head, letter, version, key = line.split(".")
    assert (head, letter, version) == ("undersigned1-key", sealed.LETTER, sealed.VERSION)
    assert blind.load_public(tokens.from_text(key)).public_numbers().e == 65537
    assert len(line) == 669


@pytest.mark.parametrize("length", [1, 2, 3, 32, 384, 422])
def test_bytes_come_back_from_their_text(length):
    data = bytes(range(256)) * 2

    assert tokens.from_text(tokens.to_text(data[:length])) == data[:length]
    assert tokens.from_text(f" {tokens.to_text(data[:length])[:1]}\n{tokens.to_text(data[:length])[1:]}\r\n")


@pytest.mark.parametrize("text", ["A", "AB", "AAA=", "+/+/", "AA*A", "AAA\u00e4", "_-_", "AAAA====", "AAAAA"])
def test_another_spelling_is_refused(text):
    with pytest.raises(tokens.NotBase64):
        tokens.from_text(text)
