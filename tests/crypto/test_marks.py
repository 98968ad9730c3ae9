from __future__ import annotations

import pytest

from petitions.crypto import marks

KEY = bytes(range(32))


@pytest.mark.parametrize(
    "spelled",
    [
        "ada@example.test",
        "ADA@EXAMPLE.TEST",
        "Ada+news@example.test",
        "ada+@example.test",
        "ada+a+b@Example.Test",
    ],
)
def test_all_spellings_are_one_mailbox(spelled):
    assert marks.mailbox(spelled) == "ada@example.test"


def test_dots_count_unless_the_domain_ignores_them():
    assert marks.mailbox("a.d.a@example.test") == "a.d.a@example.test"
    assert marks.mailbox("a.d.a@example.test", ignores_dots=True) == "ada@example.test"


def test_both_forms_of_an_international_domain_are_one():
    assert (
        marks.mailbox("ada@bücher.test")
        == marks.mailbox("ada@xn--bcher-kva.test")
        == "ada@xn--bcher-kva.test"
    )


@pytest.mark.parametrize(
    "address",
    [
        "\u212aelvin@example.test",
        "\u0430da@example.test",
        "\uff41da@example.test",
        "+x@example.test",
        '"a b"@example.test',
        "ada@localhost",
        "ada@[127.0.0.1]",
        "ada%other.test@example.test",
        "-ada@example.test",
        "ada",
        "",
        "a" * 243 + "@example.test",
    ],
)
def test_what_we_cannot_count_by_is_refused(address):
    with pytest.raises(marks.AddressNotUsable):
        marks.mailbox(address)


def test_a_mark_belongs_to_key_letter_and_purpose():
    same = {"purpose": "sign", "letter": "1", "mailbox": "ada@example.test"}
    values = [
        marks.mark(KEY, **same),
        marks.mark(KEY, **same | {"letter": "2"}),
        marks.mark(KEY, **same | {"purpose": "follow"}),
        marks.mark(KEY, **same | {"mailbox": "grace@example.test"}),
        marks.mark(KEY[::-1], **same),
    ]

    assert [len(value) for value in values] == [32] * 5
    assert len(set(values)) == 5
    assert marks.mark(KEY, **same) == values[0]
