"""P11: the delivered text and list are what people signed, and everybody can compute their checksums anew."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections import Counter
from email.message import EmailMessage

import pytest
from django.test import Client
from pypdf import PdfReader

from petitions import subscribers
from petitions.flows import batches, deliveries, letters, sending, snapshots
from petitions.forms.letters import CorrectionForm
from petitions.models import Appear, Letter
from tests.factories import make_letter, make_user, sign
from tests.mailserver import MailServer

pytestmark = pytest.mark.promise("P11")

TITLE = "A fair rota for “everybody”"
TEXT = "We ask for a *fair* rota: für alle, Ωμέγα & <b>no</b>.\n\n> .\n> Quoted"
DEMANDS = [
    ("Publish the rota two weeks ahead", "So that people can plan.\n\n- weekdays\n- weekends"),
    ("Pay", ""),
]
BEFORE = [
    ("Zoë Adams", "Engineer"),
    ("Ödön von Horváth", ""),
    ("ada lovelace", ""),
    ("Юлия Ω", "Stunts, nights"),
    ("Kim L.", ""),
]
AFTER = [("", "Nurse, ward 3")]
CORRECTED = "The text of a letter was corrected"


def rfc_8785(value: dict[str, object]) -> str:
    """SHA-256 of canonical JSON; the standard library writes it as long as keys are ASCII and numbers whole."""
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


@pytest.mark.processes
def test_every_checksum_is_that_of_what_was_signed_and_delivered(parts, mails):
    """Ten sign, the letter is corrected, one more signs, and a real worker delivers."""
    letter = make_letter(title="A fair rota", text="As it was first.", batch_size=5)
    people = (letter.memberships.get().user.email, "editor@example.org", "follower@private.test")
    letter.memberships.create(user=make_user(people[1]), role="editor")
    subscribers.sealed(letter, address=people[2], mark=b"m" * 32).save()
    first = letter.version
    sign_all(letter, BEFORE, anonymous=5)
    batches.publish_full(letter)
    correct(letter, title=TITLE, text=TEXT, demands=DEMANDS)
    sign_all(letter, AFTER, anonymous=0)
    deliveries.deliver(letter, number=1, by=letter.memberships.first().user)
    parts.start_worker()
    parts.start_beat()
    parts.wait(lambda: letter.deliveries.filter(state="accepted").count() == 5)

    signed = Counter(letter.signatures.values_list("version__number", flat=True))
    assert signed == {1: 10, 2: 1}
    assert [len(corrections(mails, address)) for address in people] == [1, 1, 1]
    assert "version 2 is the one that is signed from now on" in words(corrections(mails, people[0])[0])
    text = rfc_8785({"title": TITLE, "text": TEXT, "demands": numbered(DEMANDS)})
    lines = sorted(", ".join(filter(None, line)) for line in BEFORE + AFTER)
    count = {
        "total": 11,
        "named": 6,
        "anonymous": {"sealed": 0, "by_policy": 5},
        "by_proof": {"mailbox": 11},
    }
    picture = rfc_8785({"letter": letter.slug, "version": text, "count": count, "list": lines})
    delivered = [mail for mail in mails.mails if mail["Subject"] == TITLE]
    assert {mail["To"] for mail in delivered} == set(letter.recipients.values_list("address", flat=True))
    assert len(delivered) == 2
    for mail in delivered:
        assert checksums(words(mail)) == checksums(html_of(mail)) == [text, picture]
        assert checksums(" ".join(printed(mail))) == [text, picture]
        assert listed(printed(mail), number=6) == lines
    assert checksums(public_page(letter)) == [first.sha256, text, picture]


@pytest.mark.django_db
def test_a_correction_between_pressing_and_sending_is_not_mixed_into_the_letter(mails):
    """Title, text and demands of the mail are one version: the one that the picture names."""
    letter = make_letter(title="A fair rota", text="As it was first.")
    letter.recipients.last().delete()
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    first = letter.version
    correct(letter, title=TITLE, text=TEXT, demands=DEMANDS)
    snapshots.freeze_due()

    sending.send(letter.deliveries.letters().get().pk)

    (mail,) = mails.mails
    assert mail["Subject"] == "A fair rota"
    for said in (words(mail), html_of(mail), " ".join(printed(mail))):
        assert checksums(said)[0] == first.sha256
        assert "As it was first." in said
        assert not any(new in said for new in (TITLE, "für alle", "So that people can plan.\n\n- weekdays"))


def numbered(demands: list[tuple[str, str]]) -> list[dict[str, object]]:
    return [
        {"number": number, "title": title, "text": text} for number, (title, text) in enumerate(demands, 1)
    ]


def sign_all(letter: Letter, names: list[tuple[str, str]], *, anonymous: int) -> None:
    for name, role in names:
        sign(letter, name, role=role, appear=Appear.FULL if name else Appear.ROLE)
    for _ in range(anonymous):
        sign(letter, appear=Appear.ANONYMOUS)


def correct(letter: Letter, *, title: str, text: str, demands: list[tuple[str, str]]) -> None:
    """As the workspace does, with the form's own fields."""
    post = {"title": title, "text": text.replace("\n", "\r\n")}
    for demand, (name, words) in zip(letter.demands.all(), demands, strict=True):
        post |= {f"demand_{demand.pk}_title": name, f"demand_{demand.pk}_text": words}
    form = CorrectionForm(letter, post)
    assert form.is_valid(), form.errors
    form.save()
    assert letters.correct(letter, by=letter.memberships.first().user)


def corrections(mails: MailServer, address: str) -> list[EmailMessage]:
    return [mail for mail in mails.to(address) if mail["Subject"] == CORRECTED]


def words(mail: EmailMessage) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())


def html_of(mail: EmailMessage) -> str:
    return mail.get_body(("html",)).get_content()


def printed(mail: EmailMessage) -> list[str]:
    (pdf,) = mail.iter_attachments()
    pages = PdfReader(io.BytesIO(pdf.get_content())).pages
    return [line.strip() for page in pages for line in page.extract_text().splitlines()]


def listed(lines: list[str], *, number: int) -> list[str]:
    """The signatories of the PDF: what stands between the count and the anonymous ones."""
    end = lines.index("and 5 anonymous signatures")
    assert lines[end - number - 1].endswith("not mathematics.")
    return lines[end - number : end]


def checksums(said: str) -> list[str]:
    return re.findall(r"\b[0-9a-f]{64}\b", said)


def public_page(letter: Letter) -> str:
    return Client().get(f"/letters/{letter.slug}/").content.decode()
