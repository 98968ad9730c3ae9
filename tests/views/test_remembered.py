from __future__ import annotations

import re
from urllib.parse import quote_plus

import pytest
from django.conf import settings
from django.test import Client

from petitions import recent
from petitions.views import lists, remembered
from tests.beside import Beside
from tests.factories import make_draft, make_letter, sign

pytestmark = pytest.mark.django_db
RECEIPT = re.compile(r'<code translate="no">([-2-9A-Z]{34})</code>')
PAGES = ("", "signatures/", "verify/", "versions/", "embed/")


@pytest.fixture(autouse=True)
def for_as_long_as_a_busy_machine_needs(settings, monkeypatch) -> None:
    settings.COUNT_SECONDS = 60
    for age in ("FRESH", "LONGEST"):
        monkeypatch.setattr(remembered, age, 60)
    monkeypatch.setattr(recent, "FRESH", 60)


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


def test_a_page_that_is_too_old_is_shown_to_nobody(monkeypatch):
    monkeypatch.setattr(remembered, "LONGEST", 0)
    monkeypatch.setattr(remembered, "FRESH", 0)
    letter = make_letter(title="Old words")
    assert b"Old words" in Client().get(f"{letter.get_absolute_url()}signatures/").content

    letter.title = "New words"
    letter.save()

    assert b"New words" in Client().get(f"{letter.get_absolute_url()}signatures/").content


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


ODD = [
    "ada",
    "  ada LOVE ",
    'ada "><b>&',
    "ada + 100%",
    "ádà&q=x",
    "ada " * 60,
    "ada blank.token.",
    "ada {{ q }}\\1\x00",
]


@pytest.mark.parametrize("others", ["", "&lang=es", "&page=2", "&workplace=1", "&mine=1"])
def test_what_is_filled_into_the_page_around_a_search_is_what_would_be_made(settings, monkeypatch, others):
    """Whoever asks second gets the page around that the first one's search made."""
    monkeypatch.setattr(lists, "PAGE", 2)
    letter = make_letter()
    for name in (
        "Ada Love <i>",
        "Ada Lovelace, 100% + &q=x",
        'Ada "><b>& blank.token. {{ q }}\\1',
        "Alan %s",
    ):
        sign(letter, name, role="Ada's")
    asked = [f"{letter.get_absolute_url()}signatures/?q={quote_plus(words)}{others}" for words in ODD]

    told = [Client().get(address).content.decode() for address in asked]

    settings.COUNT_SECONDS = 0
    assert told == [Client().get(address).content.decode() for address in asked]
    assert any("&quot;&gt;&lt;b&gt;&amp;" in page for page in told)


def test_a_search_asks_for_its_names_alone_and_is_as_old_as_the_page_around_it(django_assert_num_queries):
    letter = make_letter()
    for name in ("Ada Lovelace", "Grace Hopper", "Alan Turing"):
        sign(letter, name)
    url = f"{letter.get_absolute_url()}signatures/"
    Client().get(f"{url}?q=ada")
    Client().get(f"{url}?q=al")

    with django_assert_num_queries(1):
        found = Client().get(f"{url}?q=hopper").content.decode()

    assert [name in found for name in ("Grace Hopper", "Ada", "Alan")] == [True, False, False]
    assert len({shelf.page and shelf.page.made_at for shelf in remembered._shelves.values()}) == 1


def signing(name: str, *, statement: str = "", appear: str = "full") -> tuple[Client, dict[str, str]]:
    """A browser before the page for the code, and what was typed."""
    browser = Client(enforce_csrf_checks=True)
    return browser, {"name": name, "role": "", "statement": statement, "appear": appear}


def token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return found[1]


def test_people_who_sign_at_once_see_their_own_words_and_no_others(mails):
    letter = make_letter(domains=("example.com",))
    url = letter.get_absolute_url()
    people = [
        signing("Ada Lovelace"),
        signing("Grace <b>Hopper</b>", statement="It's time."),
        signing("Radia Perlman", statement="For all of us."),
        signing("", appear="anonymous"),
    ]
    seen, tokens, receipts = [], set(), set()
    for number, (browser, typed) in enumerate(people):
        address = f"person{number}@example.com"
        token = token_in(browser.get(f"{url}sign/").content.decode())
        asked = browser.post(f"{url}sign/", typed | {"address": address, "csrfmiddlewaretoken": token})
        assert asked.status_code == 303
        page = browser.get(f"{url}code/").content.decode()
        code = {"code": mails.code(address), "csrfmiddlewaretoken": token_in(page)}
        assert browser.post(f"{url}code/", code).status_code == 303
        answer = browser.get(f"{url}signed/")
        assert settings.CSRF_COOKIE_NAME not in answer.cookies  # no form stands on it
        signed = answer.content.decode()
        receipts |= set(RECEIPT.findall(signed))
        tokens |= {token, token_in(page)}
        seen.append(page + signed)

    assert (len(tokens), len(receipts)) == (8, 4)
    assert not [page for page in seen if remembered.MARK in page]
    own = [
        "Ada Lovelace",
        "Grace &lt;b&gt;Hopper&lt;/b&gt;",
        "Radia Perlman",
        "It&#x27;s time.",
        "For all of us.",
    ]
    assert [[words for words in own if words in page] for page in seen] == [
        own[:1],
        [own[1], own[3]],
        [own[2], own[4]],
        [],
    ]


def test_an_empty_form_is_made_once_and_its_token_is_everybodys_own(django_assert_num_queries):
    letter = make_letter()
    url = f"{letter.get_absolute_url()}sign/"
    first, second = Client(), Client()
    one = first.get(url)

    with django_assert_num_queries(0):
        other = second.get(url)

    assert first.cookies["csrf"].value != second.cookies["csrf"].value
    assert token_in(one.content.decode()) != token_in(other.content.decode())
    assert "no-store" in other["Cache-Control"]
