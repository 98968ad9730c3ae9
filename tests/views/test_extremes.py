"""One signature or very many, long texts, every script: pages and files answer, and grow only by what they show."""

from __future__ import annotations

import re
from html import unescape

import pytest

from petitions.models import Signature
from tests.browser.awkward import NAMES
from tests.factories import make_letter, sign, sign_many

pytestmark = [pytest.mark.django_db, pytest.mark.on("sqlite")]  # made of rows, whoever holds them

WORDS = "\n\n".join("A word of ours is worth more than a nod. " * 20 for _ in range(100))  # 20,000
NUMBER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d[\d,.]*")  # and names of rows


def weight(client, letter, path: str = "") -> int:
    """Bytes of a page, whatever its numbers."""
    answer = client.get(f"{letter.get_absolute_url()}{path}")
    assert answer.status_code == 200
    return len(NUMBER.sub("0", answer.content.decode()))


@pytest.mark.parametrize(("path", "shown"), [("", 25), ("signatures/", 100)])
def test_pages_do_not_grow_with_the_number_of_signatures(
    client, path, shown, django_assert_num_queries, django_assert_max_num_queries
):
    letter = make_letter(slug="a-fair-rota", title="A fair rota")
    sign_many(letter, 300)
    few = weight(client, letter, path)
    with django_assert_max_num_queries(40) as asked:
        client.get(f"{letter.get_absolute_url()}{path}")
    queries = len(asked)

    sign_many(letter, 5_000)

    assert weight(client, letter, path) == few
    with django_assert_num_queries(queries):
        text = client.get(f"{letter.get_absolute_url()}{path}").content.decode()
    assert text.count("Grace Hopper</bdi>") == shown


def test_a_text_of_twenty_thousand_words_is_read_everywhere(client):
    letter = make_letter(title="We ask that " * 16, text=WORDS)
    sign(letter, "Ada Lovelace")

    page = client.get(letter.get_absolute_url()).content.decode()
    paper = client.get(f"{letter.get_absolute_url()}letter.pdf")

    assert len(WORDS.split()) == 20_000
    assert page.count("worth more than a nod") >= 2_000
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")
    for path in ("card.png", "feed.atom", "embed/", "sign/"):
        answer = client.get(f"{letter.get_absolute_url()}{path}")
        assert (path, answer.status_code) == (path, 200)
        assert len(answer.content) < 250_000 or path == "sign/"  # where it is read before signing


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_in_any_script_survives_everywhere(client, name):
    letter = make_letter(title=name, signing_line=name)
    sign(letter, name, role=name)
    Signature.objects.update(is_under_review=False)  # an organizer has looked: it is no line of all of them

    for path in ("", "signatures/"):
        text = unescape(client.get(f"{letter.get_absolute_url()}{path}").content.decode())
        assert f"<bdi>{name}</bdi>" in text
    (row,) = client.get(f"/api/v1/letters/{letter.slug}/signatures/").json()["signatures"]
    assert (row["name"], row["role"]) == (name, name)
    for path, begin in (("letter.pdf", b"%PDF-"), ("card.png", b"\x89PNG")):
        answer = client.get(f"{letter.get_absolute_url()}{path}")
        assert (answer.status_code, answer.content[: len(begin)]) == (200, begin)
