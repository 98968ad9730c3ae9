from __future__ import annotations

import re
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from petitions.documents import sharing, text
from petitions.models import Letter
from petitions.models.letters import random_slug
from tests.factories import make_letter, sign
from tests.views.signing import sign as sign_in_browser

pytestmark = [pytest.mark.django_db, pytest.mark.on("sqlite")]  # made of rows, whoever holds them

AWKWARD = [
    "Äußerung & „Zitat“ <b>",
    "رسالة مفتوحة",
    "खुला पत्र",
    "公開書簡",
    "Stop 🙂 now",
    "x" * 200,
    '"; onload="x',
]


class Head(HTMLParser):
    """What programs that preview a link read of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if tag == "meta" and (name := found.get("property") or found.get("name")):
            assert name not in self.meta, f"{name} stands twice"
            self.meta[name] = found["content"]
        if tag == "link":
            self.links[f"{found['rel']} {found.get('type', '')}".strip()] = found["href"]


def head_of(letter: Letter) -> Head:
    return Head(Client().get(letter.get_absolute_url()).content.decode())


def test_a_link_is_previewed_with_the_number_and_the_first_words():
    letter = make_letter(
        title="A fair rota", text="# Why\n\nWe ask for a *fair*\nrota. [Read](https://x.test) it."
    )
    sign(letter, "Ada Lovelace")

    found = head_of(letter)

    assert found.meta["og:title"] == "A fair rota"
    assert found.meta["og:description"] == (
        "1 signature. Employees of Example: We ask for a fair rota. Read it."
    )
    assert found.meta["description"] == "Employees of Example: We ask for a fair rota. Read it."
    assert found.meta["og:url"] == found.links["canonical"] == letter.url


def test_a_link_is_previewed_with_a_picture_and_its_words():
    letter = make_letter(title="A fair rota", goal=10)
    sign(letter, "Ada Lovelace")

    found = head_of(letter)

    assert found.meta["og:image"] == f"{letter.url}card.png"
    assert found.meta["og:image:alt"].startswith("A fair rota. Employees of Example. 1 signature. 1 named,")
    assert Client().get(urlsplit(found.meta["og:image"]).path).status_code == 200


@pytest.mark.parametrize("title", AWKWARD)
def test_any_title_is_passed_on_whole(title):
    letter = make_letter(title=title)

    found, mail = head_of(letter), urlsplit(sharing.of(letter, letter.version).mail_url)

    assert found.meta["og:title"] == title
    fields = parse_qs(mail.query, strict_parsing=True)
    assert fields["subject"] == [title]
    assert fields["body"][0].splitlines()[0] == title
    assert letter.url in fields["body"][0].splitlines()


def test_a_mail_to_pass_on_has_no_other_header():
    letter = make_letter(title="Rota &bcc=evil@x.test", signing_line="Us\r\nBcc: evil@x.test")

    fields = parse_qs(urlsplit(sharing.of(letter, letter.version).mail_url).query)

    assert sorted(fields) == ["body", "subject"]
    EmailMessage()["Subject"] = fields["subject"][0]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("One\ntwo  \nthree", "One two three"),
        ("## Heading\n\n- a\n- *b*c\n\n> d\n\n---\n\ne", "a bc d e"),
        ("公開" * 300, "公開" * 99 + "公…"),
        ("", ""),
        ("<b>x</b> `y`", "<b>x</b> y"),
    ],
)
def test_the_beginning_of_a_text_is_one_plain_line(source, words):
    assert text.beginning(source) == words


def test_the_beginning_of_a_long_text_is_as_quick_as_that_of_a_short_one():
    assert len(text.beginning("word " * 40_000)) <= text.BEGINNING


def test_a_letter_by_link_only_is_previewed_and_kept_out_of_search_engines(client):
    letter = make_letter(slug=random_slug(), is_listed=False)

    answer = client.get(letter.get_absolute_url())

    assert answer["X-Robots-Tag"] == "noindex"
    assert Head(answer.content.decode()).meta["og:url"] == letter.url


def test_addresses_come_from_the_site_and_never_from_the_request(settings, client):
    settings.SITE_URL = "https://letters.example.org"
    letter = make_letter()

    page = client.get(letter.get_absolute_url(), headers={"Host": "localhost"}).content.decode()

    assert re.findall(r'content="(https?://[^"]*)"', page)[0] == letter.url
    assert "http://localhost" not in page


def test_a_signer_passes_on_what_everybody_passes_on(client, mails):
    """The section on a signer's own page is the same as the reader's, to the letter."""
    letter = make_letter()
    sign_in_browser(client, letter, mails, name="Ada Lovelace")

    signer = client.get(f"{letter.get_absolute_url()}signed/").content.decode()
    reader = Client().get(letter.get_absolute_url()).content.decode()

    assert "You have signed" in signer
    assert section(signer) == section(reader).replace('<h2 class="ruled"', "<h2 ")
    assert "?" not in sharing.of(letter, letter.version).url


def section(page: str) -> str:
    return page.partition('<section class="share"')[2].partition("</section>")[0]


def test_the_qr_code_has_no_style_and_no_script_of_its_own():
    svg = sharing.of(letter := make_letter(), letter.version).qr_svg

    assert re.fullmatch(r'<svg viewBox="[\d ]+">(<path [a-z]+="[^"<>]+"( [a-z]+="[^"<>]+")*/>){2}</svg>', svg)
    assert "style" not in svg
