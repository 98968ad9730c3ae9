"""The letter's PDF in the reader's language, for the public and for a delivery."""

from __future__ import annotations

import io
from datetime import date

import pypdf
import pytest
from django.utils import translation

from petitions import cache, mail
from petitions.documents import letters, pdf, pictures
from petitions.flows import deliveries, snapshots
from tests.catalogs import speak
from tests.factories import make_letter, sign, sign_many

pytestmark = [pytest.mark.django_db, pytest.mark.on("sqlite")]  # made of rows, whoever holds them

GERMAN = {
    "Open letter": "Offener Brief",
    "To": "An",
    "What we ask": "Was wir fordern",
    "Signed": "Unterzeichnet",
    "Page {page} of {pages}": "Seite {page} von {pages}",
    "SHA-256 of the text": "SHA-256 des Textes",
    "SHA-256 of the signatures": "SHA-256 der Unterschriften",
    "Public page": "Öffentliche Seite",
}
ITS_OWN_WORDS = [  # but for the seal of a delivery
    "O F F E N E R",
    "16. Oktober 2018",
    "An Erin Chief",
    "Was wir fordern",
    "Unterzeichnet",
    "SHA-256 des Textes",
    "Öffentliche Seite",
    "Seite 1 von",
]


@pytest.fixture
def german(settings, tmp_path):
    speak("de", GERMAN, settings, tmp_path)


def read(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def words(content: bytes) -> str:
    text = " ".join(page.extract_text() for page in read(content).pages)
    return " ".join(text.replace("\u200b", "").split())


def test_the_public_s_speaks_the_reader_s_language(german):
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    with translation.override("de"):
        content = letters.printed(letters.current_document(letter, today=date(2018, 10, 16)))

    text = words(content)
    assert [part for part in ITS_OWN_WORDS if part not in text] == []
    assert read(content).trailer["/Root"]["/Lang"] == "de"


def test_the_page_s_link_asks_for_it_in_the_page_s_language(client, german):
    letter = make_letter()
    page = client.get(f"{letter.get_absolute_url()}?lang=de").content.decode()

    content = client.get(f"{letter.get_absolute_url()}letter.pdf?lang=de").content

    assert f"{letter.get_absolute_url()}letter.pdf?lang=de" in page
    assert "Was wir fordern" in words(content)


def test_a_delivered_one_speaks_the_site_s_language(german):
    """Workers have no reader."""
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    snapshot = letter.snapshots.get()

    text = words(letters.delivered(letter, snapshot).content)

    assert "What we ask" in text
    assert "SHA-256 of the signatures " + snapshot.sha256 in text
    assert read(letters.delivered(letter, snapshot).content).trailer["/Root"]["/Lang"] == "en"


def test_thousands_are_written_as_the_reader_writes_them(german):
    letter = make_letter()
    sign_many(letter, 1_200)

    with translation.override("de"):
        assert "1.200" in words(letters.printed(letters.current_document(letter, today=date(2018, 10, 16))))
    assert "1,200" in words(letters.printed(letters.current_document(letter, today=date(2018, 10, 16))))


def test_more_names_than_a_file_should_hold_are_where_it_says(client, monkeypatch):
    letter = make_letter()
    sign_many(letter, 4)
    for module in (letters, pdf):
        monkeypatch.setattr(module, "MOST", 3)

    answer = client.get(f"{letter.get_absolute_url()}letter.pdf")

    text = words(answer.content)
    assert "Grace Hopper" not in text
    assert f"The names are too many to print. All of them stand at {letter.url}" in text
    assert "4 signatures: 4 named" in text
    assert len(answer.content) < 200_000


def test_a_list_too_long_for_a_mail_is_where_its_paper_and_its_words_say(monkeypatch):
    """Its preview says the same."""
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    monkeypatch.setattr(letters, "MAILED", 1)
    monkeypatch.setattr(letters, "SURELY_MAILED", 0)

    mailed = mail.compose(letter.deliveries.first())

    ((_, paper),) = mailed.attachments
    assert "Ada Lovelace" not in words(paper)
    assert f"All of them stand at {letter.url}" in words(paper)
    for said in (mailed.text, mailed.html):
        assert "too many for a mail" in " ".join(said.split())
        assert "list of signatures is attached" not in " ".join(said.split())
    assert not mail.preview_context(pictures.of_now(letter))["has_names"]


def test_the_same_paper_is_printed_once():
    letter = make_letter()
    document = letters.current_document(letter, today=date(2026, 11, 27))
    paper = letters.printed(document)

    remembered = cache.get(f"paper:{document.digest}")
    other = letters.current_document(letter, today=date(2026, 11, 28))

    assert remembered[0] == paper == letters.printed(document)
    assert other.digest != document.digest
