"""What other sites and programs get: the frame, and where they ask for it."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml  # ours, not a stranger's

import pytest

from petitions.documents import cards
from petitions.flows import letters
from petitions.models import Letter, Tally
from petitions.models.letters import random_slug
from tests.factories import make_draft, make_letter, sign
from tests.views.test_headers import policy

pytestmark = pytest.mark.django_db


def frame_of(client, letter):
    return client.get(f"{letter.get_absolute_url()}embed/")


def ask(client, letter, **more):
    return client.get("/oembed/", {"url": letter.url, **more})


def test_the_frame_says_the_number_and_what_it_consists_of(client):
    letter = make_letter(title="A fair rota", goal=10)
    sign(letter, "Ada Lovelace")

    text = " ".join(re.sub(r"<[^>]*>", " ", frame_of(client, letter).content.decode()).split())

    assert "A fair rota Employees of Example 1 signature 1 named, 0 anonymous" in text
    assert "9 more to the goal of 10" in text
    assert "Read and sign" in text


def test_the_frame_of_a_closed_letter_asks_nobody_to_sign(client):
    letter = make_letter()
    letters.close(letter)

    text = frame_of(client, letter).content.decode()

    assert ("Read the letter" in text, "sign<" in text, "closed " in text) == (True, False, True)


def test_anybody_may_frame_it_and_it_may_do_nothing(client):
    answer = frame_of(client, make_letter())

    assert policy(answer) == {
        "default-src": "'none'",
        "style-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "*",
    }
    assert "X-Frame-Options" not in answer
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert answer["Referrer-Policy"] == "same-origin"


def test_nothing_else_may_be_framed(client):
    letter = make_letter()

    for rest in ("", "sign/", "signatures/", "card.png", "feed.atom", "letter.pdf", "verify/"):
        answer = client.get(f"{letter.get_absolute_url()}{rest}")
        assert (answer["X-Frame-Options"], policy(answer)["frame-ancestors"]) == ("DENY", "'none'"), rest


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attributes}))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_the_frame_has_no_script_and_no_form_and_leads_out_of_itself(client):
    letter = make_letter()

    page = Elements(frame_of(client, letter).content.decode())

    assert {tag for tag, _ in page.found} & {
        "script",
        "form",
        "input",
        "button",
        "img",
        "iframe",
        "base",
    } == set()
    assert [link for link in page.of("a") if (link["target"], link["rel"]) != ("_blank", "noopener")] == []
    assert {link["href"] for link in page.of("a")} == {letter.url}
    assert [link["href"] for link in page.of("link") if link["rel"] == "stylesheet"] == ["/static/embed.css"]


@pytest.mark.parametrize("number", [1, 3])
def test_the_frame_needs_four_queries(client, number, django_assert_num_queries):
    letter = make_letter(milestones=tuple(range(10, 10 + number)))
    for index in range(number):
        sign(letter, f"Ada Lovelace {'I' * (index + 1)}")

    with django_assert_num_queries(4):
        frame_of(client, letter)


def test_programs_are_told_how_to_show_it(client):
    letter = make_letter(title="A fair rota")

    answer = ask(client, letter)

    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    told = answer.json()
    (frame,) = Elements(told.pop("html")).of("iframe")
    assert told == {
        "version": "1.0",
        "type": "rich",
        "title": "A fair rota",
        "author_name": "Employees of Example",
        "author_url": letter.url,
        "provider_name": "Undersigned",
        "provider_url": "http://testserver/",
        "cache_age": 3600,
        "width": 600,
        "height": 340,
        "thumbnail_url": f"{letter.url}card.png",
        "thumbnail_width": 1200,
        "thumbnail_height": 630,
    }
    assert (frame["width"], frame["height"], frame["title"]) == ("600", "340", "A fair rota")
    assert (frame["sandbox"], frame["referrerpolicy"]) == (
        "allow-popups allow-popups-to-escape-sandbox",
        "no-referrer",
    )
    assert client.get(urlsplit(frame["src"]).path).status_code == 200


def test_programs_are_told_the_same_in_xml(client):
    letter = make_letter(title="A <fair> & rota\x0b 🙂")

    root = Xml.fromstring(ask(client, letter, format="xml").content)

    assert root.tag == "oembed"
    told = ask(client, letter, format="json").json()
    assert {part.tag: part.text for part in root} == {
        name: str(value).replace("\x0b", "") for name, value in told.items()
    }


@pytest.mark.parametrize(
    ("asked", "size", "has_picture"),
    [
        ({"maxwidth": 320}, (320, 340), False),
        ({"maxheight": 200}, (600, 200), False),
        ({"maxwidth": 1, "maxheight": 1}, (1, 1), False),
        ({"maxwidth": 5000, "maxheight": 5000}, (600, 340), True),
        ({"maxwidth": ""}, (600, 340), True),
    ],
)
def test_programs_say_how_much_room_there_is(client, asked, size, has_picture):
    told = ask(client, make_letter(), **asked).json()

    (frame,) = Elements(told["html"]).of("iframe")
    assert (told["width"], told["height"]) == (int(frame["width"]), int(frame["height"])) == size
    assert ("thumbnail_url" in told) is has_picture


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("{letter}", 200),
        ("{letter}?utm_source=x#demands", 200),
        ("{letter}embed/", 200),
        ("{letter}sign/", 404),
        ("{letter}signatures/", 404),
        ("http://testserver/", 404),
        ("http://testserver/letters/no-such-letter/", 404),
        ("http://testserver.evil.test/letters/x/", 404),
        ("https://evil.test/{letter}", 404),
        ("//testserver/letters/x/", 404),
        ("javascript:alert(1)", 404),
        ("", 400),
        ("x" * 2000, 400),
    ],
)
def test_only_letters_of_this_site_are_known(client, url, status):
    asked = client.get("/oembed/", {"url": url.format(letter=make_letter().url)})

    assert asked.status_code == status


@pytest.mark.parametrize(
    ("asked", "status"), [({"format": "yaml"}, 501), ({"maxwidth": "wide"}, 400), ({"maxheight": "-3"}, 400)]
)
def test_programs_that_ask_wrongly_are_told_so(client, asked, status):
    answer = ask(client, make_letter(), **asked)

    assert (answer.status_code, answer["Content-Type"]) == (status, "text/plain; charset=utf-8")


def test_drafts_are_unknown_and_letters_by_link_are_known_to_whoever_knows_the_link(client):
    draft, hidden = make_draft(), make_letter(slug=random_slug(), is_listed=False)

    assert (ask(client, draft).status_code, frame_of(client, draft).status_code) == (404, 404)
    for answer in (ask(client, hidden), frame_of(client, hidden)):
        assert (answer.status_code, answer["X-Robots-Tag"]) == (200, "noindex")


def test_the_page_names_where_programs_ask(client):
    letter = make_letter(title="A fair rota")

    page = Elements(client.get(letter.get_absolute_url()).content.decode())

    found = {link["type"]: link["href"] for link in page.of("link") if "oembed" in link.get("type", "")}
    assert sorted(found) == ["application/json+oembed", "text/xml+oembed"]
    for kind, href in found.items():
        address = urlsplit(href)
        answer = client.get(f"{address.path}?{address.query}")
        assert (answer.status_code, answer["Content-Type"].startswith(kind.partition("+")[0])) == (200, True)


def test_the_code_to_copy_is_the_frame(client):
    letter = make_letter(title='Say "no" & <leave>')

    page = client.get(letter.get_absolute_url()).content.decode()

    shown = page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    told = ask(client, letter).json()["html"]
    assert Elements(unescape(shown)).of("iframe") == Elements(told).of("iframe") != []


@pytest.mark.parametrize("accent", Letter.Accent.values)
def test_frame_and_picture_have_the_letter_s_accent(client, accent):
    letter = make_letter(accent=accent)

    assert f'<body class="is-{accent}">' in frame_of(client, letter).content.decode()
    card = cards.of(letter, letter.version, Tally(), None)
    assert card.accent == cards.ACCENTS[accent]


def test_pictures_of_two_accents_differ(client):
    navy, wine = (make_letter(title="A fair rota", accent=accent) for accent in ("navy", "wine"))

    pictures = [client.get(f"{letter.get_absolute_url()}card.png").content for letter in (navy, wine)]

    assert pictures[0] != pictures[1]
