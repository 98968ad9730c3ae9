"""The reader's language: by link, carried by every link and form, otherwise as the browser asks."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from django.template import Context, Template
from django.test import Client

from petitions import languages
from petitions.models import Appear
from tests.factories import make_invitations, make_letter, make_user, sign
from tests.views import signing

pytestmark = pytest.mark.django_db

NOT_OURS_TO_ADD_TO = ("/static/", "/admin/", "/accounts/", "/api/")


class Addresses(HTMLParser):
    """Where a page's links, forms and scripts go; `kept` counts forms by GET that repeat the language."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.searches = self.kept = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "hreflang" in given:  # leads to another language
            return
        self.found += [given[name] for name in ("href", "action") if tag in ("a", "form") and name in given]
        self.found += [
            value for name, value in given.items() if name.startswith("data-") and name.endswith("-url")
        ]
        self.searches += tag == "form" and given.get("method", "get") == "get"
        self.kept += tag == "input" and given.get("name") == "lang"


def without_language(text: str) -> list[str]:
    inside = [address for address in Addresses(text).found if address.startswith(("/", "?"))]
    ours = [address for address in inside if not address.startswith(NOT_OURS_TO_ADD_TO)]
    assert ours
    return [address for address in ours if parse_qs(urlsplit(address).query).get("lang") != ["en"]]


@pytest.fixture
def letter():
    letter = make_letter(batch_size=5)
    sign(letter, "Ada Lovelace")
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
    make_invitations(letter)
    return letter


READ = (
    "/",
    "/safety/",
    "/privacy/",
    "/abuse/",
    "/receipt/",
    "/letters/{slug}/",
    "/letters/{slug}/sign/",
    "/letters/{slug}/code/",
    "/letters/{slug}/signed/",
    "/letters/{slug}/follow/",
    "/letters/{slug}/verify/",
    "/letters/{slug}/signatures/",
    "/letters/{slug}/invitation/",
    "/letters/{slug}/redeem/",
    "/letters/{slug}/token/offline/",
    "/letters/{slug}/signatures/{pk}/takedown/",
    "/letters/{slug}/nothing-here/",
)


@pytest.mark.parametrize("path", READ)
def test_every_link_and_form_carries_the_language_of_the_link(client, letter, path):
    pk = letter.signatures.get(name="Ada Lovelace").pk

    text = client.get(path.format(slug=letter.slug, pk=pk) + "?lang=en").content.decode()

    assert without_language(text) == []
    assert Addresses(text).searches == Addresses(text).kept


def test_signing_carries_the_language_of_the_link_to_its_end(client, letter, mails):
    fields = {**signing.FIELDS, "address": "ada@example.test"}
    asked = client.post(f"/letters/{letter.slug}/sign/?lang=en", fields)
    assert asked["Location"] == f"/letters/{letter.slug}/code/?lang=en"
    assert without_language(client.get(asked["Location"]).content.decode()) == []

    code = {"code": mails.code("ada@example.test")}
    typed = client.post(asked["Location"], code)

    assert typed["Location"] == f"/letters/{letter.slug}/signed/?lang=en"
    assert without_language(client.get(typed["Location"]).content.decode()) == []


def test_a_page_by_post_carries_it_too(client, letter):
    text = client.post(f"/letters/{letter.slug}/sign/?lang=en", {}).content.decode()

    assert without_language(text) == []


def test_without_a_language_in_the_link_none_is_carried(client, letter):
    text = client.get(f"/letters/{letter.slug}/").content.decode()

    assert not [address for address in Addresses(text).found if "lang=" in address]


def test_what_is_the_same_on_every_page_is_so_in_one_language_and_knows_nothing_of_the_page(client):
    asked = [{"headers": {"Accept-Language": code}} for code in ("en", "es", "en")] + [
        {"data": {"lang": "es"}}
    ]
    texts = [client.get("/", **each).content.decode() for each in asked]
    tag = Template("{% same %}{{ letter }}{% endsame %}|{{ letter }}")

    assert ["All letters" in text for text in texts] == [True, False, True, False]
    assert ["Todas las cartas" in text for text in texts] == [False, True, False, True]
    assert tag.render(Context({"letter": "Fair rota"})) == "|Fair rota"


@pytest.mark.parametrize("typed", ["", "xx", "zz-ZZ", "en_" + "x" * 600, "\x00", "../../etc", "e n"])
def test_an_unknown_language_is_no_language(client, letter, typed):
    answer = client.get(f"/letters/{letter.slug}/", {"lang": typed})

    assert answer.status_code == 200
    assert answer["Content-Language"] == "en"
    assert f'href="/letters/{letter.slug}/sign/"' in answer.content.decode()


def test_a_page_says_what_it_depends_on_and_sets_no_cookie(client, letter):
    answer = client.get(f"/letters/{letter.slug}/", headers={"accept-language": "fr,en;q=0.5"})

    assert answer["Content-Language"] == "en"
    assert "Accept-Language" in answer["Vary"]
    assert not answer.cookies


def test_what_programs_read_depends_on_no_language(client, letter):
    answer = client.get(f"/api/v1/letters/{letter.slug}/bundle/", {"lang": "en"})

    assert "Accept-Language" not in answer.get("Vary", "")


def test_the_workspace_is_asked_by_header_alone(client):
    """Its lists take any field of an address for a filter."""
    client.force_login(make_user())

    answer = client.get("/admin/petitions/letter/add/", {"lang": "en"})

    assert answer.status_code == 200
    assert "Accept-Language" in answer["Vary"]
    assert "?lang=" not in answer.content.decode()


def test_one_visit_chooses_for_no_other(client, letter):
    client.get(f"/letters/{letter.slug}/", {"lang": "en"})

    assert languages.named() == ""
    assert "sign/?lang=" not in Client().get(f"/letters/{letter.slug}/").content.decode()


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("/a/", "/a/?lang=en"),
        ("/a/?q=1", "/a/?q=1&lang=en"),
        ("/a/#names", "/a/?lang=en#names"),
        ("/a/?q=1#names", "/a/?q=1&lang=en#names"),
    ],
)
def test_the_language_stands_before_the_fragment(address, found):
    chosen = languages._chosen.set("en")
    try:
        assert languages.carried(address) == found
    finally:
        languages._chosen.reset(chosen)
    assert languages.carried(address) == address


def test_a_page_is_in_spanish_by_link_or_by_header_and_leads_to_the_other_language(client, letter):
    by_link = client.get(f"/letters/{letter.slug}/?lang=es-MX")
    by_header = client.get(f"/letters/{letter.slug}/", headers={"accept-language": "es-AR,es;q=0.9,en;q=0.5"})

    for answer in (by_link, by_header):
        text = answer.content.decode()
        assert answer["Content-Language"] == "es"
        assert '<html lang="es"' in text
        assert "Firmar esta carta" in text
        assert 'href="?lang=en"' in text
    assert f'href="/letters/{letter.slug}/sign/?lang=es"' in by_link.content.decode()
    assert f'href="/letters/{letter.slug}/sign/"' in by_header.content.decode()


def test_a_link_wins_over_the_browser(client, letter):
    answer = client.get(f"/letters/{letter.slug}/?lang=en", headers={"accept-language": "es"})

    assert answer["Content-Language"] == "en"


def test_no_way_to_another_language_where_it_would_lose_something(client, letter, mails):
    """What was typed, and what is shown once."""
    signing.sign(client, letter, mails)

    receipt = client.get(f"/letters/{letter.slug}/signed/").content.decode()
    refused = client.post(f"/letters/{letter.slug}/sign/", {"name": "Ada"}).content.decode()

    assert "hreflang" not in receipt
    assert "hreflang" not in refused


def test_a_signer_who_reads_spanish_gets_the_code_in_spanish(client, letter, mails):
    fields = {**signing.FIELDS, "address": "ada@example.test"}

    client.post(f"/letters/{letter.slug}/sign/?lang=es", fields)
    mails.code("ada@example.test")

    assert mails.to("ada@example.test")[0]["Subject"] == "Tu código"


def test_what_was_looked_for_goes_along_and_nothing_else(client, letter):
    text = client.get(f"/letters/{letter.slug}/signatures/?q=ada+l&code=ABCD-2345").content.decode()

    assert 'href="?q=ada+l&amp;lang=es"' in text
    assert "ABCD-2345" not in text
