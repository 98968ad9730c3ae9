"""The code mail is read by whoever reads the mailbox: in every language it is the same for every letter."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from petitions import codes, mail
from petitions.models import Letter
from tests.factories import make_letter
from tests.views.signing import ask

pytestmark = pytest.mark.django_db

LANGUAGES = [code for code, _name in settings.LANGUAGES]
SHORTEST = 4  # letters; "the" and "for" give nothing away
OURS = (
    "undersigned",
    "petition",
    "letter",
    "sign",
    "recipient",
    "employ",
    "workplace",
    "colleague",
    "campaign",
)
MARKUP = ("http", "www.", "://", "<", ">", "src=", "cid:", ".onion", "unsubscribe")
HEADERS = {
    "Auto-Submitted",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
}
BY_THE_TEST_SERVER = {"X-Envelope-To", "X-Peer-Port", "X-Helo"}
GOLDEN = {
    "en": """Your code
codes@plain.test
Somebody asked for a code and gave this address. To go on, type the code
into the page where you asked for it:

XXXX-XXXX

It is valid for 15 minutes.

If it was not you, ignore this message. Without the code nothing
happens.""",
    "es": """Tu código
codes@plain.test
Alguien pidió un código y dio esta dirección. Para continuar, escribe el
código en la página donde lo pediste:

XXXX-XXXX

Es válido durante 15 minutos.

Si no fuiste tú, ignora este mensaje. Sin el código no ocurre nada.""",
}


@pytest.fixture
def letters() -> list[Letter]:
    """Two that differ in all that a letter can say."""
    cameras = make_letter(
        title="Stop the cameras",
        text="Surveillance of warehouses must end.",
        signing_line="Employees of Quagmire Logistics",
        slug="stop-the-cameras",
        contact_address="speaker@quagmire-voices.test",
        domains=("quagmire.test",),
    )
    rota = make_letter(
        title="Dienstplan für alle",
        text="Wir fordern Planbarkeit.",
        signing_line="Beschäftigte der Zymurgie",
        slug="dienstplan",
        domains=("zymurgie.test",),
    )
    return [cameras, rota]


def words_of(letter: Letter) -> set[str]:
    """Each word that could tell which letter it is, from all that is stored of it and around it."""
    texts = [letter.title, letter.text, letter.signing_line, letter.slug, letter.contact_address]
    texts += [f"{demand.title} {demand.text}" for demand in letter.demands.all()]
    texts += [f"{recipient} {recipient.address}" for recipient in letter.recipients.all()]
    for workplace in letter.workplaces.all():
        texts += [workplace.name, *(domain.name for domain in workplace.domains.all())]
    found = re.findall(r"\w+", " ".join([*texts, settings.SITE_URL, settings.DEFAULT_FROM_EMAIL]).lower())
    return {word for word in found if len(word) >= SHORTEST}


def mail_for(letter, mails, language):
    domain = letter.workplaces.get().domains.get().name
    with translation.override(language):
        ask(Client(headers={"Accept-Language": language}), letter, f"ada@{domain}")
    mails.code(f"ada@{domain}")
    (mail,) = mails.to(f"ada@{domain}")
    return mail


def said(mail) -> str:
    """Subject, sender and body, without the code."""
    text = re.sub(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b", "XXXX-XXXX", "\n".join(mail.get_content().splitlines()))
    return f"{mail['Subject']}\n{mail['From']}\n{text}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_tells_nothing_of_any_letter(mails, letters, language):
    every_word = set().union(*(words_of(letter) for letter in letters))
    assert {"cameras", "quagmire", "dienstplan", "erin", "rota", "testserver"} <= every_word

    for letter in letters:
        text = said(mail_for(letter, mails, language)).lower()
        words = set(re.findall(r"\w+", text)) - {"plain", "test"}  # the sender's own domain
        assert every_word & words == set()
        assert [word for word in OURS if word in text] == []
        assert [mark for mark in MARKUP if mark in text.partition("\n")[2].partition("\n")[2]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_the_same_for_every_letter(mails, letters, language):
    one, other = (mail_for(letter, mails, language) for letter in letters)

    assert said(one) == said(other)
    assert said(one) == GOLDEN[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_plain_text_with_the_fewest_headers(mails, letters, language):
    mail = mail_for(letters[0], mails, language)

    assert set(mail.keys()) - BY_THE_TEST_SERVER == HEADERS
    assert (mail.get_content_type(), mail.is_multipart()) == ("text/plain", False)
    assert mail["From"] == settings.CODE_FROM_EMAIL
    assert mail["X-Envelope-To"] == mail["To"]
    identity = mail["Message-ID"].strip("<>")
    assert identity.endswith("@plain.test")
    assert "quagmire" not in mail.as_string().replace("ada@quagmire.test", "")


def test_every_language_has_its_golden_text():
    assert set(GOLDEN) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["ada@example.test", f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example.test"])
def test_it_is_written_as_if_put_together_anew(language, address):
    """Save for the moment, which may be the next second, and for where long lines are broken."""
    with translation.override(language):
        mail.code("grace@example.test", code="XXXX-XXXX")  # whose words are kept
        message = mail.code(address, code="ABCD-2345")

    quickly = message_from_bytes(codes.lines(message))
    anew = message_from_bytes(message.message().as_bytes(linesep="\r\n"))

    assert parsedate_to_datetime(quickly["Date"]) - parsedate_to_datetime(anew["Date"]) < timedelta(
        seconds=60
    )
    del quickly["Date"], anew["Date"]
    assert _unfolded(quickly) == _unfolded(anew)
    assert quickly.get_payload(decode=True) == anew.get_payload(decode=True)
    assert b"ABCD-2345" in codes.lines(message)


def _unfolded(mail: Message) -> list[tuple[str, str]]:
    return sorted((name, " ".join(value.split())) for name, value in mail.items())
