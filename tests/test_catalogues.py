"""Each language says everything, as the source says it, and is compiled as it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from babel.messages.catalog import Message
from django.conf import settings

from tests import catalogues

PLACE = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{[a-z_]*\}|</?[a-z][^>]*>")


def words(message: Message) -> list[tuple[str, str]]:
    """The source's words beside the translator's; each plural of a language beside the source's plural."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    one, many = message.id
    first, *rest = message.string
    return [(one, first), *((many, each) for each in rest)]


def messages(language: str) -> Sequence[Message]:
    return [message for message in catalogues.read(language) if message.id]


def test_every_language_of_the_site_has_a_catalogue():
    assert catalogues.languages() == sorted(code for code, _name in settings.LANGUAGES if code != "en")


@pytest.mark.parametrize("language", catalogues.languages())
def test_it_has_what_the_source_says_and_nothing_else(language):
    """`python -m tests.catalogues` brings it up to date."""
    found = {(message.context, message.id) for message in messages(language)}

    assert found == {(message.context, message.id) for message in catalogues.in_source() if message.id}


@pytest.mark.parametrize("language", catalogues.languages())
def test_nothing_is_left_untranslated_or_in_doubt(language):
    missing = [one for message in messages(language) for one, other in words(message) if not other.strip()]

    assert missing == []
    assert [message.id for message in messages(language) if message.fuzzy] == []


@pytest.mark.parametrize("language", catalogues.languages())
def test_translations_keep_what_is_filled_in_and_what_is_markup(language):
    """A singular may leave out the number that it says in words."""
    wrong = [
        (one, other)
        for message in messages(language)
        for one, other in words(message)
        if set(PLACE.findall(other)) - set(PLACE.findall(one))
        or (isinstance(message.id, str) and sorted(PLACE.findall(other)) != sorted(PLACE.findall(one)))
    ]

    assert wrong == []


@pytest.mark.parametrize("language", catalogues.languages())
def test_what_is_committed_is_compiled_from_what_is_written(language):
    path = catalogues.source_of(language).with_suffix(".mo")

    assert path.read_bytes() == catalogues.compiled(catalogues.read(language))
