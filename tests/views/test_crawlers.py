from __future__ import annotations

from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as Xml  # ours, not a stranger's

import pytest
from django.utils import timezone

from petitions.flows import letters
from petitions.models import Letter
from petitions.models.letters import random_slug
from tests.factories import make_draft, make_letter

pytestmark = pytest.mark.django_db

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def listed(client) -> dict[str, str]:
    answer = client.get("/sitemap.xml")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml")
    root = Xml.fromstring(answer.content)
    assert root.tag == f"{SITEMAP}urlset"
    return {entry.findtext(f"{SITEMAP}loc", ""): entry.findtext(f"{SITEMAP}lastmod", "") for entry in root}


def test_the_sitemap_holds_public_letters_only(client):
    make_draft()
    make_letter(slug=random_slug(), is_listed=False)
    public, closed = make_letter(), make_letter()
    letters.close(closed)

    assert set(listed(client)) == {public.url, closed.url}


def test_addresses_come_from_the_site(client, settings):
    settings.SITE_URL = "https://letters.example.org"
    letter = make_letter()

    assert list(listed(client)) == [f"https://letters.example.org{letter.get_absolute_url()}"]


def test_a_letter_changed_on_the_last_day_on_which_something_happened(client):
    letter = make_letter()
    Letter.objects.update(opened_at="2018-10-16T23:59Z", opens_at="2018-10-16T23:59Z")
    letter.versions.all()._raw_delete("default")
    assert listed(client) == {letter.url: "2018-10-16"}

    letter.updates.create(title="News", text="Text.")

    assert listed(client) == {letter.url: f"{timezone.localdate()}"}


@pytest.mark.parametrize("number", [1, 3])
def test_the_sitemap_needs_two_queries(client, number, django_assert_num_queries):
    for _ in range(number):
        make_letter().updates.create(title="News", text="Text.")

    with django_assert_num_queries(2):
        assert len(listed(client)) == number


def test_robots_may_read_letters_and_no_form(client):
    answer = client.get("/robots.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    robots = RobotFileParser()
    robots.parse(answer.content.decode().splitlines())

    assert robots.site_maps() == ["http://testserver/sitemap.xml"]
    allowed = [
        robots.can_fetch("any", f"http://testserver{path}") for path in ("/", "/letters/x/", "/safety/")
    ]
    assert (allowed, robots.can_fetch("any", "http://testserver/admin/")) == ([True] * 3, False)
    assert "Disallow: /letters/*/sign/" in answer.content.decode()


def test_robots_are_told_of_no_letter_and_no_secret(client):
    hidden = make_letter(slug=random_slug(), is_listed=False)

    text = client.get("/robots.txt").content.decode()

    assert [word for word in (hidden.slug, "answer", "unsubscribe") if word in text] == []


@pytest.mark.parametrize("url", ["/robots.txt", "/sitemap.xml"])
def test_neither_sets_a_cookie(client, url):
    answer = client.get(url)

    assert (dict(answer.cookies), answer["Cache-Control"]) == ({}, "public, max-age=600")


def test_a_site_without_letters_has_an_empty_sitemap(client):
    assert listed(client) == {}
