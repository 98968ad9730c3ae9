from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader

from petitions.documents import letters as documents
from petitions.documents import typesetting
from petitions.documents.pdf import Pdf
from petitions.flows import batches, deliveries, letters, snapshots
from petitions.flows import receipts as by_receipt
from petitions.models import Appear, Letter
from petitions.models.letters import random_slug
from petitions.views import lists
from tests.documents.turns import turn_taken
from tests.factories import make_draft, make_letter, sign

pytestmark = pytest.mark.django_db


def page(client, letter, rest=""):
    return client.get(f"/letters/{letter.slug}/{rest}").content.decode()


def test_a_reader_gets_no_cookie(client):
    letter = make_letter()

    for url in ("/", f"/letters/{letter.slug}/", f"/letters/{letter.slug}/signatures/"):
        answer = client.get(url)
        assert (answer.status_code, dict(answer.cookies)) == (200, {})
        assert "Cookie" not in answer.get("Vary", "")


def test_the_home_page_lists_public_letters_only(client):
    make_draft(title="A draft")
    make_letter(title="An open one")
    make_letter(title="By link only", slug=random_slug(), is_listed=False)
    closed = make_letter(title="A closed one")
    letters.close(closed)

    text = client.get("/").content.decode()

    found = [title for title in ("A draft", "An open one", "By link only", "A closed one") if title in text]
    assert found == ["An open one", "A closed one"]


@pytest.mark.parametrize(
    ("query", "found"), [("ROTA", True), ("fáir rota", True), ("camera", False), ("\x00", True)]
)
def test_the_home_page_can_be_searched(client, query, found):
    make_letter(title="A fair rota")

    assert ("A fair rota" in client.get("/", {"q": query}).content.decode()) is found


def test_a_letter_says_what_its_number_consists_of(client):
    letter = make_letter(batch_size=5, goal=100)
    sign(letter, "Ada Lovelace", role="Engineer")
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)

    text = page(client, letter)

    assert "6 signatures: 1 named, 5 anonymous." in text
    assert (
        "6 distinct work mailboxes at example.test, by typed code; names are as typed, not checked." in text
    )
    assert "5 are anonymous by policy" in text


def test_the_page_keeps_the_version_people_signed(client):
    letter = make_letter(text="The text they signed.")
    letter.text = "Another text."
    letter.save()

    assert "The text they signed." in page(client, letter)
    assert "Another text." not in page(client, letter)


@pytest.mark.parametrize("rest", ["", "signatures/", "letter.pdf", "sign/", "follow/"])
def test_a_letter_by_link_only_stays_out_of_search_engines(client, rest):
    public, hidden = make_letter(), make_letter(slug=random_slug(), is_listed=False)

    answers = [client.get(f"/letters/{letter.slug}/{rest}") for letter in (public, hidden)]

    assert [answer.get("X-Robots-Tag") for answer in answers] == [None, "noindex"]


def test_markdown_is_shown_as_html(client):
    letter = make_letter(text="We ask for a **fair** rota.")

    assert "We ask for a <strong>fair</strong> rota." in page(client, letter)


@pytest.mark.parametrize(
    ("language", "attributes"),
    [("", 'lang="en" dir="auto"'), ("ar", 'lang="ar" dir="rtl"'), ("fr", 'lang="fr" dir="ltr"')],
)
def test_what_was_written_says_its_own_language_on_a_page_in_another(client, language, attributes):
    letter = make_letter(language=language)

    read = joined(client.get(f"/letters/{letter.slug}/?lang=es"))

    assert '<html lang="es" dir="ltr">' in read
    for element in ("bdi", 'div class="prose"', "h3"):
        assert f"<{element} {attributes}>" in read
    for address in ("/?lang=es", f"/letters/{letter.slug}/embed/?lang=es", f"/letters/{letter.slug}/sign/"):
        assert f"<bdi {attributes}>{letter.title}</bdi>" in joined(client.get(address))


def joined(answer) -> str:
    """Its source without the line breaks inside of tags."""
    return re.sub(r"\s+(?=>)", "", " ".join(answer.content.decode().split())).replace("> ", ">")


def test_hostile_markdown_is_inert(client):
    letter = make_letter(text='<script>alert(1)</script> [x](javascript:alert(1)) <img src="//evil.test/x">')

    text = page(client, letter)

    assert "<script>alert" not in text
    assert not re.search(r'<[^>]*(href|src)="(javascript:|//)', text)


@pytest.mark.parametrize("number", [1, 3])
def test_a_letter_needs_the_same_queries_for_any_number_of_names(
    client, number, django_assert_max_num_queries
):
    letter = make_letter()
    for index in range(number):
        sign(letter, f"Ada Lovelace {'I' * (index + 1)}")

    with django_assert_max_num_queries(23):
        text = page(client, letter)

    assert text.count("Ada Lovelace I") >= number


@pytest.mark.parametrize(
    ("query", "names"), [("ada", ["Ada Lovelace"]), ("JOSE", ["José Martí"]), ("engineer", []), ("", 2)]
)
def test_the_list_is_searched_without_case_and_accents(client, query, names):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    sign(letter, "José Martí")

    text = page(client, letter, f"signatures/?q={query}")

    found = [name for name in ("Ada Lovelace", "José Martí") if name in text]
    assert found == names or len(found) == names


@pytest.mark.parametrize("query", ["%20", "%CC%81", "%00%20"])
def test_blanks_and_accents_alone_look_for_nothing(client, query):
    letter = make_letter()
    sign(letter, "José Martí")

    text = page(client, letter, f"signatures/?q={query}")

    assert ("José Martí" in text, "match" in text) == (True, False)


def test_what_was_looked_for_turns_no_other_words_around(client):
    letter = make_letter()

    names = page(client, letter, "signatures/?q=%E2%80%AEada")
    home = client.get("/?q=%E2%80%AEada").content.decode()

    assert "match “<bdi>\u202eada</bdi>”" in names
    assert "matches “<bdi>\u202eada</bdi>”" in home


def test_a_name_under_review_cannot_be_found_by_what_it_hides(client):
    letter = make_letter()
    sign(letter, "Аda Lovelace")  # a Cyrillic first letter

    assert "name under review" in page(client, letter, "signatures/")
    assert "name under review" not in page(client, letter, "signatures/?q=lovelace")


def test_of_very_many_the_first_are_shown_and_how_many_there_are_is_not_counted(client, monkeypatch):
    letter = make_letter()
    for number in range(7):
        sign(letter, f"Ada Lovelace {'I' * number}x")
    monkeypatch.setattr(lists, "PAGE", 2)
    monkeypatch.setattr(lists, "FEW", 4)

    first, second, beyond, few = (
        page(client, letter, f"signatures/?q={query}")
        for query in ("ada", "ada&page=2", "ada&page=9", "iiix&page=4")
    )

    assert ("More than 2 names match" in first, 'rel="next"' in first) == (True, True)
    assert ("More than 4 names match" in second, 'rel="next"' in second) == (True, False)
    assert ("More than 4 names match" in beyond, "Page 2" in beyond) == (True, True)
    assert ("4 names match" in few, "Page 2 of 2" in few, 'rel="next"' in few) == (True, True, False)


def test_the_list_is_paged(client):
    letter = make_letter()
    for number in range(101):
        sign(letter, f"Person {chr(97 + number // 26)}{chr(97 + number % 26)}x")

    names = re.compile(r"Person \w+")
    assert len(set(names.findall(page(client, letter, "signatures/")))) == 100
    assert len(set(names.findall(page(client, letter, "signatures/?page=2")))) == 1
    assert client.get(f"/letters/{letter.slug}/signatures/?page=-7").status_code == 200


def test_the_public_pdf_shows_todays_rows(client):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    receipt = sign(letter, "Grace Hopper")
    by_receipt.withdraw(receipt)

    answer = client.get(f"/letters/{letter.slug}/letter.pdf")

    text = " ".join(found.extract_text() for found in PdfReader(io.BytesIO(answer.content)).pages)
    assert answer["Content-Type"] == "application/pdf"
    assert ("Ada Lovelace" in text, "Grace" in text) == (True, False)


def test_a_letter_that_opens_later_says_so_and_cannot_be_signed(client):
    letter = make_letter()
    Letter.objects.update(opens_at="2100-01-01T00:00Z")

    assert client.get(f"/letters/{letter.slug}/sign/").status_code == 409
    assert f"/letters/{letter.slug}/sign/" not in page(client, letter)


def with_one_named_and_five_anonymous():
    letter = make_letter(batch_size=5)
    sign(letter, "Ada Lovelace")
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)
    return letter


@pytest.mark.parametrize("rest", ["", "signatures/"])
def test_anonymous_signatures_have_no_line_and_no_key_on_a_page(client, rest):
    letter = with_one_named_and_five_anonymous()

    text = page(client, letter, rest)

    shown = [
        str(pk) in text for pk in letter.signatures.filter(kind="by_policy").values_list("pk", flat=True)
    ]
    assert shown == [False] * 5
    assert text.count("signature-line") == 1


def test_whoever_asks_for_paper_while_others_take_too_long_is_told_when_to_come_back(client, monkeypatch):
    letter = make_letter()
    client.raise_request_exception = False
    monkeypatch.setattr(typesetting, "PATIENCE", 0.0)

    with turn_taken():
        answer = client.get(f"/letters/{letter.slug}/letter.pdf")

    monkeypatch.undo()
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "Very busy at the moment" in answer.content.decode()
    assert client.get(f"/letters/{letter.slug}/letter.pdf").content.startswith(b"%PDF")


def test_anonymous_signatures_have_no_line_on_paper(client, monkeypatch):
    letter, printed = with_one_named_and_five_anonymous(), []
    monkeypatch.setattr(documents, "letter_pdf", lambda document: printed.append(document) or Pdf(b"", True))

    client.get(f"/letters/{letter.slug}/letter.pdf")

    assert (printed[0].signatories, printed[0].more) == (["Ada Lovelace"], ["and 5 anonymous signatures"])


def test_anonymous_signatures_have_no_line_in_a_picture():
    letter = with_one_named_and_five_anonymous()
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)

    snapshots.freeze_due()

    picture = letter.snapshots.get()
    assert (picture.names, picture.count["total"]) == (["Ada Lovelace"], 6)


@pytest.mark.parametrize("number", [1, 3])
def test_the_home_page_counts_all_letters_at_once(client, number, django_assert_num_queries):
    for each in range(number):
        sign(make_letter(title="A fair rota"), f"Ada {'x' * each}")
        letters.close(make_letter(title="One that is over"))

    with django_assert_num_queries(4):  # letters, demands, responses, count
        text = client.get("/").content.decode()

    assert text.count("<strong>1</strong> signature") == number
    assert text.count("not delivered yet") == number
