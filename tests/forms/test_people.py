from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from petitions.forms import people
from petitions.forms.people import StatementField, cleaned_name, mixes_scripts, shortened


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Ada Lovelace", "Ada L."),
        ("Ada Byron Lovelace", "Ada L."),
        ("Ada", "Ada"),
        ("李 小龙", "李 小."),
        ("Ada O'Brien", "Ada O."),
        ("Ada 'Brien", "Ada B."),
    ],
)
def test_first_name_and_initial(name, short):
    assert shortened(name) == short


@pytest.mark.parametrize(
    "name",
    [
        "Ada  Lovelace",
        "Jean-Luc d'Arc",
        "Dr. A. N. Other, PhD",
        "P. J. O'Neil",
        "María-José",
        "محمد علی",
        "Ph.D. Smith",
        "J.R.R. Tolkien",
    ],
)
def test_names_of_people_are_taken(name):
    assert cleaned_name(name, most=120) == " ".join(name.split())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("https://evil.test", "link"),
        ("see evil.test/win", "link"),
        ("ada@example.test", "link"),
        ("=1+1", "bad_start"),
        ("\uff1d1", "bad_start"),
        ("12345", "no_letters"),
        ("A\u202eb", "bidi_control"),
        ("Ada\nBcc: x", "control_character"),
        ("A\u200cda", "invisible"),
        ("x" * 121, "too_long"),
    ],
)
def test_what_deceives_is_refused(name, code):
    with pytest.raises(ValidationError) as refused:
        cleaned_name(name, most=120)

    assert refused.value.code == code


def test_a_statement_may_have_lines():
    assert StatementField(most=280).clean("One.\r\nTwo.") == "One.\nTwo."


@pytest.mark.parametrize(
    ("text", "mixed"), [("Ada Lovelace", False), ("Аda", True), ("Ада Лавлейс", False), ("Ada Ада", False)]
)
def test_look_alikes_are_noticed(text, mixed):
    assert mixes_scripts(text) is mixed


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Jose\u0301 Marti\u0301", "Jos\u00e9 Mart\u00ed"), ("Ada\u00adline \u212b", "Adaline \u00c5")],
)
def test_a_name_is_kept_in_one_spelling(typed, kept):
    """As composed letters, so that the same name has the same bytes on every device and in every hash."""
    assert cleaned_name(typed, most=120) == kept


def test_plain_text_is_told_the_same_as_by_the_rules_for_all_scripts(monkeypatch):
    """Its quick way leaves out nothing that they would find."""

    def told(letter: str, *, has_lines: bool) -> str:
        try:
            return people.cleaned_text(f"Ada{letter} L", most=120, has_lines=has_lines)
        except ValidationError as error:
            return str(error.code)

    asked = [(chr(number), has_lines) for number in range(128) for has_lines in (False, True)]
    quickly = [told(letter, has_lines=has_lines) for letter, has_lines in asked]
    monkeypatch.setattr(people, "_is_plain", lambda _text: False)

    assert quickly == [told(letter, has_lines=has_lines) for letter, has_lines in asked]
    assert quickly.count("control_character") == 2 * 33 - 1
