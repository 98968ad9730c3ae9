"""The lines of names, which are filled into one that was rendered: each as if it had been rendered for itself."""

from __future__ import annotations

import re
from datetime import date
from itertools import product

import pytest

from tests.factories import make_letter, make_workplace, sign, signature_of

LINE = re.compile(r'<li class="signature">(.*?)</li>', re.S)
ODD = [
    ("Ada", "<i>%(name)s"),
    ("", "100 %"),
    ("%(role)s %s %% {{ name }}", ""),
    ("\u202eAda\u202c 'n' \"B\"", "א"),
]
ESCAPED = [
    ["Ada", "&lt;i&gt;%(name)s"],
    ["100 %"],
    ["%(role)s %s %% {{ name }}"],
    ["\u202eAda\u202c &#x27;n&#x27; &quot;B&quot;", "א"],
]
DAY = '<time datetime="2026-03-05">5 de marzo de 2026</time>'
WHERE = "<bdi>Mills &amp; %s</bdi>"
SAID = '<p class="signature-statement" dir="auto">a &amp; b<br>&lt;c&gt;<br><br>%(line)s</p>'


def lines(client, url: str) -> list[str]:
    """The first one first, without the space between lines."""
    found = LINE.findall(client.get(url, {"lang": "es"}).content.decode())
    return [re.sub(r"\s*\n\s*", "", line) for line in found[::-1]]


def expected(words: list[str], *foot: str, said: str = "") -> str:
    line = ', <bdi class="muted">'.join(f"{word}</bdi>" for word in words)
    return f'<p class="signature-line"><bdi>{line}</p>{said}<p class="signature-foot">{"".join(foot)}</p>'


def way_down(pk: object, words: list[str]) -> str:
    """In lists there is one beside each name."""
    told = f'Retirar este nombre <span class="visually-hidden">({", ".join(words)})</span>'
    return f'<a class="quiet" href="/letters/odd/signatures/{pk}/takedown/?lang=es">{told}</a>'


@pytest.mark.django_db
def test_each_line_has_its_own_words_whatever_they_are(client):
    letter, workplace = make_letter(slug="odd"), make_workplace("mills.test", name="Mills & %s")
    receipts = [sign(letter, name, role=role) for name, role in ODD]
    receipts += [sign(letter, name, statement="a & b\r\n<c>\n\n%(line)s") for name in ("Grace", "Unseen")]
    *odd, grace, unseen = [signature_of(receipt).pk for receipt in receipts]
    rows = letter.signatures.all()
    rows.update(signed_on=date(2026, 3, 5))
    rows.filter(pk__in=[grace, unseen]).update(shows_statement=True, workplace=workplace)
    rows.filter(pk=unseen).update(is_under_review=True)

    page = lines(client, letter.get_absolute_url())
    listed = lines(client, f"{letter.get_absolute_url()}signatures/")

    assert page == [
        *(expected(words, DAY) for words in ESCAPED),
        expected(["Grace"], WHERE, DAY, said=SAID),
        expected(["nombre en revisión"], WHERE, DAY),
    ]
    assert listed[: len(odd)] == [
        expected(words, DAY, way_down(pk, words)) for pk, words in zip(odd, ESCAPED, strict=True)
    ]


@pytest.mark.django_db
def test_lines_of_each_letter_and_language_are_their_own(client):
    """What is kept of one is shown for no other, whichever was read first."""
    letters = [make_letter(slug=slug) for slug in ("one", "two")]
    words = {"en": "Take this name down", "es": "Retirar este nombre"}
    for letter in letters:
        sign(letter, "Ada Lovelace")

    for letter, language in [*product(letters, words)] * 2:
        page = client.get(f"/letters/{letter.slug}/signatures/", {"lang": language}).content.decode()
        ways = re.findall(
            r'href="/letters/(\w+)/signatures/[-\w]+/takedown/\?lang=(\w\w)">\s*([\w ]+\w)', page
        )
        assert ways == [(letter.slug, language, words[language])]
