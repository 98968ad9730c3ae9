"""What is read for each signer is read once in half a second, and nobody sees what another does with it."""

from __future__ import annotations

import pytest

from petitions import recent
from petitions.models import Letter
from tests.factories import make_letter

KNOWN = {"fair-rota": "Fair rota"}


@pytest.fixture
def find():
    asked: list[str] = []

    @recent.recent
    def find(slug: str) -> Letter | None:
        asked.append(slug)
        return Letter(slug=slug, title=KNOWN[slug]) if slug in KNOWN else None

    find.asked = asked
    return find


def test_each_gets_an_object_of_their_own_and_absence_is_not_remembered(find, settings, monkeypatch):
    settings.COUNT_SECONDS = 2
    monkeypatch.setattr(recent, "FRESH", 60)

    first = find("fair-rota")
    first.title = "Another"
    titles = [find("fair-rota").title, find("nothing"), find("nothing")]

    assert titles == ["Fair rota", None, None]
    assert find.asked == ["fair-rota", "nothing", "nothing"]


def test_it_is_asked_anew_after_a_while_and_always_where_nothing_is_remembered(find, settings, monkeypatch):
    settings.COUNT_SECONDS = 2
    monkeypatch.setattr(recent, "FRESH", 0)
    find("fair-rota"), find("fair-rota")
    settings.COUNT_SECONDS = 0
    monkeypatch.setattr(recent, "FRESH", 60)
    find("fair-rota"), find("fair-rota")

    assert find.asked == ["fair-rota"] * 4


@pytest.mark.django_db
def test_what_one_fetches_for_a_letter_is_not_another_s(settings, monkeypatch):
    settings.COUNT_SECONDS, letter = 2, make_letter()
    monkeypatch.setattr(recent, "FRESH", 60)
    find = recent.recent(Letter.find)

    first, second = find(letter.slug), find(letter.slug)
    first._state.fields_cache["version"] = "one's own"

    assert first == second == letter
    assert vars(first).keys() == vars(second).keys()
    assert (second._state.fields_cache, second._state.db) == ({}, letter._state.db)
