from __future__ import annotations

import pytest
from django.test import Client

from petitions.views import remembered
from tests.beside import Beside
from tests.factories import make_draft, make_letter, sign

pytestmark = pytest.mark.django_db
PAGES = ("", "signatures/", "verify/", "versions/", "embed/")


@pytest.fixture(autouse=True)
def as_in_the_product(settings) -> None:
    settings.COUNT_SECONDS = 60


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_made_once_and_its_next_readers_ask_the_database_nothing(page, django_assert_num_queries):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    url = f"{letter.get_absolute_url()}{page}"
    first = Client().get(url)

    with django_assert_num_queries(0):
        second = Client().get(url)

    assert second.content == first.content
    assert second["ETag"] == first["ETag"]
    assert second["Cache-Control"] == "public, max-age=1, stale-while-revalidate=1"
    assert not second.cookies
    assert "Cookie" not in second["Vary"]
    assert b"csrfmiddlewaretoken" not in second.content


def test_who_has_the_page_is_told_so():
    letter = make_letter()
    first = Client().get(letter.get_absolute_url())

    same = Client().get(letter.get_absolute_url(), headers={"If-None-Match": first["ETag"]})
    other = Client().get(letter.get_absolute_url(), headers={"If-None-Match": '"other"'})

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert (other.status_code, other.content) == (200, first.content)


def test_each_language_and_each_question_has_a_page_of_its_own():
    letter = make_letter()
    for name in ("Ada Lovelace", "Grace Hopper"):
        sign(letter, name)
    url = f"{letter.get_absolute_url()}signatures/"
    asked = ["", "?lang=es", "?q=ada", "?q=grace", "?q=ada&lang=es"]

    pages = [Client().get(url + query).content for query in asked]
    again = [Client().get(url + query).content for query in asked]
    spoken = Client().get(url, headers={"Accept-Language": "es"})

    assert again == pages
    assert len({*pages, spoken.content}) == len(asked) + 1
    assert b"Grace" not in pages[2]


def test_a_letter_by_link_stays_out_of_search_engines_when_its_page_is_remembered():
    letter = make_letter(is_listed=False)
    answers = [Client().get(letter.get_absolute_url()) for _ in range(2)]
    assert [answer["X-Robots-Tag"] for answer in answers] == ["noindex", "noindex"]


def test_what_is_not_there_is_not_remembered():
    letter = make_draft()
    url = letter.get_absolute_url()
    assert Client().get(url).status_code == 404

    letter.state, letter.opened_at, letter.opens_at = "open", letter.created_at, letter.created_at
    letter.save()
    letter.versions.create(number=1, sha256="0" * 64, title=letter.title, text=letter.text, demands=[])

    assert Client().get(url).status_code == 200


def test_only_the_newest_pages_are_held():
    letter = make_letter()
    for number in range(remembered.MOST + 20):
        Client().get(f"{letter.get_absolute_url()}signatures/?q={number}")
    assert len(remembered._shelves) == remembered.MOST


@pytest.mark.django_db(transaction=True)
def test_of_many_readers_at_once_one_makes_the_page(django_assert_num_queries):
    """The others wait for it where there is none to show."""
    letter = make_letter()
    url = letter.get_absolute_url()
    shelf_is_taken = remembered._shelf((url, (), "en", "", False)).making
    with shelf_is_taken:
        waiting = [Beside(lambda: Client().get(url)) for _ in range(4)]
        for reader in waiting:
            reader.wait_a_little()

    answers = [reader.outcome(60) for reader in waiting]

    assert len({answer.content for answer in answers}) == 1
    with django_assert_num_queries(0):
        assert Client().get(url).content == answers[0].content
