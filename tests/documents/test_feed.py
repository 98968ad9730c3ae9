from __future__ import annotations

import re
from datetime import datetime
from xml.etree import ElementTree as Xml  # ours, not a stranger's

import pytest

from petitions.documents import timeline
from petitions.flows import letters, milestones
from petitions.models import Letter
from petitions.models.letters import random_slug
from tests.factories import make_draft, make_letter, post_update, sign

pytestmark = [pytest.mark.django_db, pytest.mark.on("sqlite")]  # made of rows, whoever holds them

ATOM = "{http://www.w3.org/2005/Atom}"
ONCE = ("id", "title", "updated")  # RFC 4287, 4.1.1 and 4.1.2: exactly one of each
URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+")
TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}-\d\d-\d\d:[A-Za-z0-9._~!$&'()*+,;=:@/?-]+")  # RFC 4151, 2.1
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")  # RFC 3339
HOSTILE = ["<script>alert(1)</script>", "]]> & \x01\x0b\ufffe", "رسالة 🙂", "x" * 200]


def read(client, letter: Letter) -> Xml.Element:
    answer = client.get(f"{letter.get_absolute_url()}feed.atom")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    return Xml.fromstring(answer.content)


def check(feed: Xml.Element) -> None:
    """What RFC 4287 asks of a feed and of each of its entries."""
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    for part in (feed, *entries):
        assert [name for name in ONCE if len(part.findall(f"{ATOM}{name}")) != 1] == []
        assert URI.fullmatch(part.findtext(f"{ATOM}id", ""))
        assert DATE.fullmatch(part.findtext(f"{ATOM}updated", ""))
        assert datetime.fromisoformat(part.findtext(f"{ATOM}updated", "")).tzinfo
        assert [link for link in part.findall(f"{ATOM}link") if not URI.fullmatch(link.get("href", ""))] == []
        assert len(part.findall(f"{ATOM}link[@rel='alternate']")) == 1
        assert len(part.findall(f"{ATOM}content")) <= 1
        assert {content.get("type") for content in part.findall(f"{ATOM}content")} <= {"html"}
    assert len(feed.findall(f"{ATOM}link[@rel='self']")) == 1
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)


def happened(letter: Letter) -> Letter:
    sign(letter, "Ada Lovelace")
    milestones.check(letter)
    post_update(letter, title="News & more", text="They *listened*.")
    letters.close(letter)
    return letter


def test_the_feed_is_what_the_standard_asks_for(client):
    letter = happened(make_letter(milestones=(1,), title="A fair rota"))

    feed = read(client, letter)

    check(feed)
    assert feed.findtext(f"{ATOM}title") == "A fair rota"
    assert feed.findtext(f"{ATOM}subtitle") == "1 signature: 1 named, 0 anonymous."
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Employees of Example"
    assert feed.find(f"{ATOM}link[@rel='self']").get("href") == f"{letter.url}feed.atom"


def test_the_feed_tells_what_the_page_tells(client):
    letter = happened(make_letter(milestones=(1,)))

    entries = read(client, letter).findall(f"{ATOM}entry")

    events = timeline.of(letter)
    told = [(entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}title")) for entry in entries]
    assert told == [(event.id, event.title) for event in events]
    assert [entry.find(f"{ATOM}link").get("href") for entry in entries] == [event.url for event in events]
    assert [
        entry.findtext(f"{ATOM}content") for entry in entries if entry.find(f"{ATOM}content") is not None
    ] == ["<p>They <em>listened</em>.</p>\n"]


def test_names_of_events_are_tags_that_stay_when_the_site_moves(client, settings):
    letter = happened(make_letter(milestones=(1,)))

    ids = [
        part.findtext(f"{ATOM}id")
        for part in read(client, letter).iter()
        if part.find(f"{ATOM}id") is not None
    ]

    assert [name for name in ids if not TAG.fullmatch(name)] == []
    settings.SITE_URL = "http://testserver:8443"
    assert [
        name
        for name in ids
        if name not in client.get(f"{letter.get_absolute_url()}feed.atom").content.decode()
    ] == []


def test_the_feed_tells_the_day_and_never_the_minute(client):
    letter = happened(make_letter(milestones=(1,)))

    moments = {element.text for element in read(client, letter).iter(f"{ATOM}updated")}

    assert {moment[10:] for moment in moments} == {"T00:00:00+00:00"}


@pytest.mark.parametrize("words", HOSTILE)
def test_any_words_make_a_feed(client, words):
    letter = make_letter(title=words[:200], signing_line=words[:120])
    letter.updates.create(title=words[:200], text=words)

    feed = read(client, letter)

    check(feed)
    assert "<script" not in (feed.findtext(f"{ATOM}entry/{ATOM}content") or "")


def test_a_letter_without_news_has_a_feed(client):
    feed = read(client, make_letter(opens_at="2100-01-01T00:00Z"))

    check(feed)
    assert len(feed.findall(f"{ATOM}entry")) == 1


def test_a_feed_is_sent_once_for_all_that_happened(client):
    letter = make_letter()
    url = f"{letter.get_absolute_url()}feed.atom"
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    letter.updates.create(title="Later that day", text="News.")
    after = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, after.status_code) == (304, 200)
    assert "Later that day" in after.content.decode()
    assert "Last-Modified" not in first
    assert first["Cache-Control"] == again["Cache-Control"] == "public, max-age=2"


@pytest.mark.parametrize("number", [1, 3])
def test_a_feed_needs_nine_queries(client, number, django_assert_num_queries):
    letter = make_letter()
    for index in range(number):
        letter.updates.create(title=f"News {index}", text="Text.")

    with django_assert_num_queries(9):
        client.get(f"{letter.get_absolute_url()}feed.atom")


@pytest.mark.parametrize("name", ["feed.atom", "card.png"])
def test_drafts_have_none_and_letters_by_link_keep_out_of_search_engines(client, name):
    draft, hidden = make_draft(), make_letter(slug=random_slug(), is_listed=False)

    assert client.get(f"/letters/{draft.slug}/{name}").status_code == 404
    assert client.get(f"/letters/{hidden.slug}/{name}")["X-Robots-Tag"] == "noindex"
