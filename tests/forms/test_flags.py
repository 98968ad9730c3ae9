"""Flags: computed by patterns, and nothing for names that people have."""

from __future__ import annotations

import pytest

from petitions.forms import flags
from petitions.forms.flags import Flag, Known

ABOUT = Known(frozenset({"employees of example", "example corporation"}), (frozenset({"erin", "chief"}),))


@pytest.mark.parametrize(
    ("name", "role", "expected"),
    [
        ("\u0410da Byron", "", [Flag.MIXED_SCRIPT]),
        ("Grace Hopper", "\u0415ngineer", [Flag.MIXED_SCRIPT]),
        ("Example Corporation", "", [Flag.OFFICIAL]),
        ("Employees of Example", "", [Flag.OFFICIAL]),
        ("Site Admin", "", [Flag.OFFICIAL]),
        ("The Blue Team", "", [Flag.OFFICIAL]),
        ("Ada ✓", "Engineer", [Flag.OFFICIAL]),
        ("Ada Lovelace", "Official moderator", [Flag.OFFICIAL]),
        ("Ada Lovelace", "C.E.O., Chief Executive Officer", [Flag.OFFICIAL]),
        ("Ada Lovelace", "Co-founder", [Flag.OFFICIAL]),
        ("Ada Lovelace", "President", [Flag.OFFICIAL]),
        ("Ada evil.example", "", [Flag.LINK]),
        ("Erin B. Chief", "", [Flag.FAMOUS]),
        ("CHIEF, Érin", "", [Flag.FAMOUS]),
        ("El0n  MUSK", "", [Flag.FAMOUS]),
        ("Mickey Mouse", "CEO", [Flag.OFFICIAL, Flag.FAMOUS]),
        ("Ada Lovelace", "Vice President, Payments", []),
        ("Ada Lovelace", "System administrator", []),
        ("Ada Lovelace", "Support engineer", []),
        ("Ada Lovelace", "Team lead", []),
        ("Erin Lopez", "Chief of staff's assistant", []),
        ("Иван Петров", "инженер", []),
        ("Νίκος Παππάς", "", []),
        ("محمد علي", "", []),
        ("田中太郎", "", []),
        ("Jean-Luc O'Neill", "Ph.D.", []),
        ("Bill Gatesworth", "", []),
        ("", "Nurse", []),
    ],
)
def test_flags_of_a_line(name, role, expected):
    assert flags.of_line(name, role, ABOUT) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://example.org", [Flag.LINK]),
        ("Write to ada@example.org", [Flag.LINK]),
        ("\u0410da wrote it", [Flag.MIXED_SCRIPT]),
        ("The CEO should read this. Official or not.", []),
        ("", []),
    ],
)
def test_flags_of_a_statement(text, expected):
    assert flags.of_statement(text) == expected
