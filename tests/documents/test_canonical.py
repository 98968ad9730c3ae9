"""The vectors are those of RFC 8785 and its test suite, as far as they hold no fractions."""

from typing import Any

import pytest

from petitions.documents.canonical import canonical, sha256_hex


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([None, True, False], "[null,true,false]"),  # section 3.2.2
        ('\u20ac$\u000f\u000aA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),  # section 3.2.2
        (
            {
                "peach": "This sorting order",
                "péché": "is wrong according to French",
                "pêche": "but canonicalization MUST",
                "sin": "ignore locale",
            },
            '{"peach":"This sorting order","péché":"is wrong according to French",'
            '"pêche":"but canonicalization MUST","sin":"ignore locale"}',
        ),
        (
            {
                "1": {"f": {"f": "hi", "F": 5}, "\n": 56},
                "10": {},
                "": "empty",
                "a": {},
                "111": [{"e": "yes", "E": "no"}],
                "A": {},
            },
            '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}',
        ),
        ({"Unnormalized Unicode": "A\u030a"}, '{"Unnormalized Unicode":"A\u030a"}'),
        ("\b\t\n\f\r\x00\x1f\x7f\u2028", '"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028"'),
        ([56, {"d": True, "10": None, "1": []}], '[56,{"1":[],"10":null,"d":true}]'),
        ([0, -1, 2**53 - 1], "[0,-1,9007199254740991]"),
    ],
)
def test_vectors(value: Any, text: str) -> None:
    assert canonical(value) == text.encode()


def test_keys_are_sorted_by_utf_16_code_units() -> None:
    """Section 3.2.3; in order of code points the emoji would come last."""
    names = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]

    assert canonical(names) == canonical({key: names[key] for key in order})
    assert [canonical(names).index(names[key].encode()) for key in order] == sorted(
        canonical(names).index(names[key].encode()) for key in order
    )


@pytest.mark.parametrize("value", [1.0, float("nan"), b"bytes", ("tuple",), {"set"}, {1: "key"}, [object()]])
def test_what_json_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800", {"\udead": 1}])
def test_what_other_programs_would_read_differently_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        canonical(value)


def test_hash_is_of_the_canonical_bytes() -> None:
    assert sha256_hex({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert sha256_hex({"b": 1, "a": 2}) == sha256_hex({"a": 2, "b": 1})
