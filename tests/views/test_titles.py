"""A letter has one title for the public: that of the text which is signed."""

from __future__ import annotations

import io
import json
import re

import pytest
from pypdf import PdfReader

from petitions import mail
from petitions.flows import deliveries, letters, snapshots
from petitions.models import Delivery, Letter
from tests.factories import make_letter

pytestmark = pytest.mark.django_db

DECOMPOSED = "Une e\u0301quipe de\u0301cide"  # as some programs write it; the frozen text is composed
FROZEN = "Une \u00e9quipe d\u00e9cide"
PAGES = ("", "signatures/", "sign/", "verify/", "follow/", "embed/", "feed.atom")


def printed(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@pytest.fixture
def letter():
    return make_letter(title=DECOMPOSED)


@pytest.mark.parametrize("path", PAGES)
def test_pages_say_the_title_of_what_is_signed(client, letter, path):
    text = client.get(f"{letter.get_absolute_url()}{path}").content.decode()

    assert (FROZEN in text, DECOMPOSED in text) == (True, False)


def test_lists_and_documents_say_the_same(client, letter):
    home = client.get("/").content.decode()
    (summary,) = client.get("/api/v1/letters/").json()["letters"]
    whole = client.get(f"/api/v1/letters/{letter.slug}/").json()
    bundle = json.loads(b"".join(client.get(f"/api/v1/letters/{letter.slug}/bundle/").streaming_content))
    paper = client.get(f"{letter.get_absolute_url()}letter.pdf").content

    assert (FROZEN in home, DECOMPOSED in home) == (True, False)
    assert [summary["title"], whole["title"], bundle["versions"][0]["title"]] == [FROZEN] * 3
    assert FROZEN in printed(paper)


def test_the_delivered_mail_says_the_same(letter):
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()

    message = mail.letter(Delivery.objects.letters().first())

    assert FROZEN in message.subject + message.text
    assert DECOMPOSED not in message.subject + message.text + message.html


def test_a_correction_changes_it_everywhere_at_once(client, letter):
    Letter.objects.filter(pk=letter.pk).update(title="Une autre e\u0301quipe")
    letter.refresh_from_db()
    letters.correct(letter, by=letter.memberships.get().user)

    assert Letter.objects.get(pk=letter.pk).title == letter.version.title == "Une autre \u00e9quipe"


def test_what_is_not_signed_yet_does_not_stand_over_the_text(client, letter):
    """Words that no version has frozen: written past every page of the workspace."""
    Letter.objects.filter(pk=letter.pk).update(title="Something else")

    text = client.get(letter.get_absolute_url()).content.decode()

    assert f">{FROZEN}</bdi></h1>" in re.sub(r">\s+", ">", text)
    assert f"{FROZEN} –" in " ".join(text.split())


def test_a_delivered_letter_is_read_from_the_side_of_its_first_letter():
    """Of its own, whatever the language of the words around it."""
    letter = make_letter(title="رسالة مفتوحة", text="نحن الموقعين.")
    letter.demands.update(title="انشروا الجدول", text="لكي نخطط.")
    letters.correct(letter, by=letter.memberships.get().user)
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()

    html = mail.letter(Delivery.objects.letters().first()).html

    for tag, words in (("h1", "رسالة"), ("div", "<p[^>]*>نحن"), ("h3", "1. انشروا"), ("div", "<p[^>]*>لكي")):
        assert re.search(rf'<{tag} lang="en" dir="auto"[^>]*>\s*{words}', html), words
