"""Wherever a number is shown, also behind a cache that keeps what it may, a new one is there within five seconds."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils.http import quote_etag
from pypdf import PdfReader

from petitions.documents import cards, progress
from petitions.flows import receipts
from petitions.models import Letter, Tally
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db

PROMISED = 5.0  # seconds
ALONE = r"(\d+)</data>"


@dataclass
class Cache:
    """As browsers and proxies do: what may be kept is given out again until its time is over."""

    client: Client = field(default_factory=Client)
    kept: dict[str, tuple[float, HttpResponse]] = field(default_factory=dict)

    def get(self, url: str) -> HttpResponse:
        until_when, answer = self.kept.get(url, (0.0, HttpResponse()))
        asked = time.monotonic()  # RFC 9111, 4.2.3: what the answer took on its way counts as its age
        if asked >= until_when:
            answer = self.client.get(url)
            assert answer.status_code == 200, url
            self.kept[url] = (asked + age(answer), answer)
        return answer


def age(answer: HttpResponse) -> int:
    match = re.search(r"max-age=(\d+)", answer.get("Cache-Control", ""))
    return int(match[1]) if match else 0


def found(pattern: str) -> Callable[[HttpResponse, Letter], int]:
    def number(answer: HttpResponse, _letter: Letter) -> int:
        match = re.search(pattern, answer.content.decode(), re.DOTALL)
        assert match, pattern
        return int(match[1])

    return number


def on_paper(answer: HttpResponse, _letter: Letter) -> int:
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    match = re.search(r"(\d+) signatures?:", text)
    assert match
    return int(match[1])


def in_the_api(answer: HttpResponse, _letter: Letter) -> int:
    return int(answer.json()["count"]["total"])


def in_the_bundle(answer: HttpResponse, _letter: Letter) -> int:
    """A stream is read once; a cache gives out again what it has read."""
    if answer.streaming:
        answer.read = b"".join(answer.streaming_content)
        answer.streaming = False
    return int(json.loads(answer.read)["count"]["total"])


def in_the_picture(answer: HttpResponse, letter: Letter) -> int:
    """The picture is named after the words in it: of all numbers that it could show, the one whose name it bears."""
    for number in range(10):
        tally = Tally(named=number, by_proof={"mailbox": number} if number else {})
        way = progress.of(letter, letter.milestones.all(), number)
        if quote_etag(cards.of(letter, letter.version, tally, way).digest) == answer["ETag"]:
            return number
    raise AssertionError("no number has this picture")


SHOWN = {
    "/": found(r"<strong>(\d+)</strong> signature"),
    "/letters/{slug}/": found(ALONE),
    "/letters/{slug}/?preview": found(r'og:description"\s+content="(\d+) signature'),
    "/letters/{slug}/verify/": found(r"(\d+) signatures?: \d+ named"),
    "/letters/{slug}/embed/": found(ALONE),
    "/letters/{slug}/feed.atom": found(r"<subtitle>(\d+) signature"),
    "/letters/{slug}/card.png": in_the_picture,
    "/letters/{slug}/letter.pdf": on_paper,
    "/letters/{slug}/signatures/": found(r"Signatures in all: (\d+)\."),
    "/api/v1/letters/{slug}/": in_the_api,
    "/api/v1/letters/{slug}/bundle/": in_the_bundle,
}


def shown(cache: Cache, letter: Letter) -> dict[str, int]:
    return {url: read(cache.get(url.format(slug=letter.slug)), letter) for url, read in SHOWN.items()}


def everywhere(number: int) -> dict[str, int]:
    return dict.fromkeys(SHOWN, number)


def look_in_time(cache: Cache, letter: Letter, number: int) -> None:
    """Whoever begins to look within the time may still see the old number; nobody who begins later does."""
    begun = time.monotonic()
    while True:
        waited = time.monotonic() - begun
        seen = shown(cache, letter)
        if seen == everywhere(number):
            return
        assert waited < PROMISED, seen
        time.sleep(0.1)


def test_every_output_shows_the_same_number_within_five_seconds(settings):
    settings.COUNT_SECONDS = 2  # as in the product
    cache, letter = Cache(), make_letter(goal=10)
    receipt = sign(letter, "Ada Lovelace")
    assert shown(cache, letter) == everywhere(1)

    sign(letter, "Grace Hopper")
    look_in_time(cache, letter, 2)
    receipts.withdraw(receipt)
    look_in_time(cache, letter, 1)


@pytest.mark.parametrize("url", SHOWN)
def test_nothing_with_a_number_may_be_kept_for_longer(settings, url):
    letter = make_letter()

    answer = Client().get(url.format(slug=letter.slug))

    assert answer["Cache-Control"].startswith("public, max-age=")
    assert 2 + age(answer) <= PROMISED  # the count lags as long, see COUNT_SECONDS


def test_paper_is_sent_once_for_the_same_names(client):
    letter = make_letter()
    url = f"{letter.get_absolute_url()}letter.pdf"
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    sign(letter, "Ada Lovelace")
    after = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content, after.status_code) == (304, b"", 200)
    assert first["Content-Disposition"] == f'inline; filename="{letter.slug}.pdf"'
