"""P19: the letter arrives unharmed. Sixty awkward texts, from the organizer's form to a recipient's mail server."""

from __future__ import annotations

import email
import quopri
import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator
from email.policy import default
from html import unescape

import pytest
from aiosmtpd.controller import Controller

from petitions import mail
from petitions.documents import text
from petitions.flows import deliveries, letters, sending, snapshots
from petitions.forms.demands import DemandForm
from petitions.forms.letters import LetterForm
from petitions.models import Delivery, Letter
from tests.admin.posts import as_stored
from tests.factories import make_draft
from tests.mailserver import free_port
from tests.promises.awkward import REFUSED, TEXTS
from tests.promises.sizes import sized

# In the quick form on the database that refuses more.
pytestmark = [pytest.mark.django_db, pytest.mark.promise("P19"), *sized([pytest.mark.on("postgresql")], [])]

TITLE = "A fair rota"
SENTENCES = {
    "title": "Please leave out line breaks and control characters.",
    "signing_line": "Please leave out line breaks and control characters.",
    "text": "Please leave out control characters.",
}
ENCODED = re.compile(rb"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=")


class Keeper:
    """Keeps what came in over SMTP, byte by byte."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self.readers: list[list[str]] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.contents.append(envelope.content)
        self.readers.append(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
def keeper(settings) -> Iterator[Keeper]:
    keeper = Keeper()
    settings.EMAIL_PORT = free_port()
    controller = Controller(keeper, hostname="127.0.0.1", port=settings.EMAIL_PORT)
    controller.start()
    yield keeper
    controller.stop()


def test_there_are_sixty(figures):
    figures(texts=len(TEXTS), refused=len(REFUSED))

    assert len(TEXTS) == 60


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_received_is_what_was_written(keeper, name):
    typed = TEXTS[name]
    letter, refused = written(typed)
    assert refused == (SENTENCES if name in REFUSED else {})
    if refused:
        return
    row = delivered_to_one_recipient(letter)
    composed = mail.compose(row)

    sending.send(row.pk)

    row.refresh_from_db()
    assert (row.state, keeper.readers) == ("accepted", [[row.recipient.address]])
    (raw,) = keeper.contents
    assert_fit_for_the_wire(raw)
    sent = (composed.subject, whole_lines(composed.text), whole_lines(composed.html))
    assert by_the_library(raw) == sent
    assert by_hand(raw) == sent
    assert words_of(text.to_text(letter.version.text)) in words_of(composed.text)
    assert words_of(bare(text.to_html(letter.version.text))) in words_of(bare(composed.html))
    assert letter.version.text == as_frozen(typed)
    assert composed.subject == letter.version.title


def written(typed: str) -> tuple[Letter, dict[str, str]]:
    """A draft with this text wherever its form has room for it, and what the form refuses, in words."""
    letter = make_draft()
    line = typed if len(typed) <= 120 and len(typed.splitlines()) == 1 else TITLE
    form = LetterForm(as_stored(letter, title=line, signing_line=line, text=typed), instance=letter)
    if not form.is_valid():
        return letter, {name: " ".join(errors) for name, errors in form.errors.items()}
    form.save()
    demand = letter.demands.first()
    post = {"number": 1, "title": line, "text": typed[:5000], "status": demand.status}
    form = DemandForm(post, instance=demand)
    assert form.is_valid(), form.errors
    form.save()
    return letter, {}


def delivered_to_one_recipient(letter: Letter) -> Delivery:
    owner = letter.memberships.get().user
    letters.open_for_signing(letter, by=owner)
    letter.recipients.last().delete()
    deliveries.deliver(letter, number=1, by=owner)
    snapshots.freeze_due()
    return letter.deliveries.select_related("letter", "recipient", "snapshot").get()


def as_frozen(typed: str) -> str:
    """What RFC 8785 is given: NFC, line feeds, no space around it."""
    return unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n").strip())


def assert_fit_for_the_wire(raw: bytes) -> None:
    """Nothing that a server on the way may change, cut, or take for the end (RFC 5321, 4.5.2 and 4.5.3)."""
    assert raw.isascii()
    assert b"\0" not in raw
    assert re.findall(rb"\r(?!\n)|(?<!\r)\n", raw) == []
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    names = re.findall(rb"(?m)^([\w-]+):", raw.partition(b"\r\n\r\n")[0])
    assert sorted(names) == sorted(set(names))
    assert {b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version"} <= set(names)
    assert {b"Bcc", b"Cc"} & set(names) == set()


def words_of(said: str) -> str:
    return " ".join(said.split())


def bare(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", markup))


def whole_lines(said: str) -> str:
    """A part of a mail ends with a line end."""
    return said if said.endswith("\n") else said + "\n"


def by_the_library(raw: bytes) -> tuple[str, str, str]:
    found = email.message_from_bytes(raw, policy=default)
    assert [part.defects for part in found.walk() if part.defects] == []
    assert [address.addr_spec for address in found["From"].addresses] == ["letters@undersigned.test"]
    plain, html = (found.get_body((kind,)).get_content() for kind in ("plain", "html"))
    return found["Subject"], plain.replace("\r\n", "\n"), html.replace("\r\n", "\n")


def by_hand(raw: bytes) -> tuple[str, str, str]:
    """Another reader, with nothing of `email`: RFC 2045, 2046 and 2047 as far as our mails go."""
    head, mixed = parts(raw)
    _, alternative = parts(mixed[0])
    assert (len(mixed), len(alternative)) == (2, 2)
    plain, html = (opened(part) for part in alternative)
    return unfolded(head)["subject"], plain, html


def parts(entity: bytes) -> tuple[bytes, list[bytes]]:
    head, _, body = entity.partition(b"\r\n\r\n")
    boundary = re.search(rb'boundary="([^"]+)"', head)
    assert boundary
    before, *found = (b"\r\n" + body).split(b"\r\n--" + boundary[1])
    assert (before, found.pop().strip()) == (b"", b"--")
    return head, [part.removeprefix(b"\r\n") for part in found]


def opened(part: bytes) -> str:
    head, _, body = part.partition(b"\r\n\r\n")
    assert unfolded(head)["content-transfer-encoding"] == "quoted-printable"
    return quopri.decodestring(body).decode().replace("\r\n", "\n")


def unfolded(head: bytes) -> dict[str, str]:
    lines = re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n")
    pairs = (line.split(b": ", 1) for line in lines)
    return {name.decode().lower(): decoded(value) for name, value in pairs}


def decoded(value: bytes) -> str:
    """RFC 2047, 6.2: what stands between two encoded words is nothing."""
    joined = re.sub(rb"(?<=\?=)\s+(?==\?)", b"", value)
    return ENCODED.sub(lambda found: b64decode(found[1]), joined).decode()
