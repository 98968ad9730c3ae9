from __future__ import annotations

import pytest

from petitions.crypto import sealing

KEY = bytes(range(32))


def test_what_was_sealed_opens_in_its_place():
    sealed = sealing.seal(KEY, b"ada@private.test", context="row 1")

    assert sealing.unseal(KEY, sealed, context="row 1") == b"ada@private.test"
    assert b"ada@" not in sealed
    assert sealed != sealing.seal(KEY, b"ada@private.test", context="row 1")


@pytest.mark.parametrize(
    "harm",
    [
        lambda sealed: sealed[:-1],
        lambda sealed: sealed[:13],
        lambda sealed: b"",
        lambda sealed: b"\x02" + sealed[1:],
        lambda sealed: sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:],
    ],
)
def test_what_was_harmed_does_not_open(harm):
    sealed = sealing.seal(KEY, b"ada@private.test", context="row 1")

    with pytest.raises(sealing.NotSealedHere):
        sealing.unseal(KEY, harm(sealed), context="row 1")


@pytest.mark.parametrize(("key", "context"), [(KEY, "row 2"), (KEY[::-1], "row 1")])
def test_another_place_or_key_does_not_open(key, context):
    with pytest.raises(sealing.NotSealedHere):
        sealing.unseal(key, sealing.seal(KEY, b"secret", context="row 1"), context=context)
