"""Figures of anonymous signatures: for the whole letter and by the day of a batch, wherever somebody can read.

A letter of three workplaces is signed in numbers of which no two sums are alike, and everything that it gives out is
searched for those that would narrow down who is anonymous.
"""

from __future__ import annotations

import io
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from petitions import mail
from petitions.crypto import typed
from petitions.flows import deliveries, letters, milestones, snapshots
from petitions.models import (
    Delivery,
    Domain,
    Invitation,
    Letter,
    Mark,
    Signature,
    Snapshot,
    WaitingSignature,
    Workplace,
)
from petitions.subscribers import sealed
from tests import addresses
from tests.factories import make_draft, make_letter, make_workplace, post_update, sign

pytestmark = [pytest.mark.django_db, pytest.mark.on("sqlite")]  # made of rows, whoever holds them

DAYS = date(2026, 3, 2), date(2026, 3, 9)
KIND, PROOF, DAY = 0, 1, 2
SIGNED = {
    ("named", "mailbox", 0): 211,
    ("named", "mailbox", 1): 223,
    ("named", "invitation", 0): 227,
    ("named", "former", 1): 229,
    ("by_policy", "mailbox", 0): 1009,
    ("by_policy", "mailbox", 1): 1013,
    ("by_policy", "invitation", 0): 1019,
    ("by_policy", "invitation", 1): 1021,
    ("by_policy", "former", 0): 1031,
    ("by_policy", "former", 1): 1033,
}
FOR_ALL = [(KIND,), (PROOF,), (DAY,), (KIND, DAY)]
NARROWER = [(KIND, PROOF), (PROOF, DAY), (KIND, PROOF, DAY)]
NUMBER = re.compile(r"(?<![\w.#-])\d[\d,]*(?![\w-])")


def sums(places: tuple[int, ...]) -> set[int]:
    """The numbers when only these are told apart."""
    found: Counter[tuple[object, ...]] = Counter()
    for cell, number in SIGNED.items():
        found[tuple(cell[place] for place in places)] += number
    return set(found.values())


ALLOWED = {sum(SIGNED.values())}.union(*map(sums, FOR_ALL))
FORBIDDEN = set[int]().union(*map(sums, NARROWER))


@pytest.fixture
def letter() -> Letter:
    draft = make_draft(batch_size=5)
    draft.workplaces.add(*(make_workplace(f"works{number}.test") for number in range(2)))
    draft.milestones.create(threshold=100)
    letters.open_for_signing(draft, by=draft.memberships.get().user)
    sealed(draft, address="follower@private.test", mark=typed.digest("follower")).save()
    rows = (row(draft, *cell) for cell, number in SIGNED.items() for _ in range(number))
    Signature.objects.bulk_create(rows)
    return draft


def row(letter: Letter, kind: str, proof: str, day: int) -> Signature:
    shown = {"name": "Grace Hopper", "signed_at": timezone.now()} if kind == "named" else {}
    of = {"letter": letter, "version": letter.version, "receipt_hash": secrets.token_bytes(32)}
    return Signature(kind=kind, proof=proof, signed_on=DAYS[day], **of, **shown)


def outputs(letter: Letter) -> Iterator[tuple[str, str]]:
    yield from pages(Client(), addresses.public(), {"slug": letter.slug})
    owner = Client()
    owner.force_login(letter.memberships.get().user)
    yield from pages(owner, addresses.of_the_workspace(), {"pk": letter.pk, "object_id": letter.pk})
    for delivery in Delivery.objects.filter(letter=letter):
        message = mail.compose(delivery)
        yield f"mail: {delivery.kind}", "\n".join([message.subject, message.text, message.html])
        yield from ((f"mail: {name}", printed(content)) for name, content in message.attachments)
    for snapshot in Snapshot.objects.filter(letter=letter):
        yield f"snapshot: {snapshot.reason}", f"{snapshot.count} {snapshot.names}"


def pages(client: Client, named: dict[str, set[str]], known: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Whatever can be opened with these arguments."""
    for name, takes in named.items():
        if takes <= known.keys():
            url = reverse(name, kwargs={argument: known[argument] for argument in takes})
            yield name, text_of(client.get(url))


def text_of(answer: HttpResponse) -> str:
    """A picture says what tests/documents/test_card.py reads; it has no words here."""
    content = b"".join(answer) if answer.streaming else answer.content
    kind = answer.headers.get("Content-Type", "")
    if kind.startswith("image/"):
        return ""
    return printed(content) if kind == "application/pdf" else content.decode()


def printed(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def figures_in(text: str) -> set[int]:
    return {int(number.replace(",", "")) for number in NUMBER.findall(text)}


def test_no_output_says_of_anonymous_signatures_more_than_how_many_they_are(letter):
    owner = letter.memberships.get().user
    milestones.check(letter)
    post_update(letter, title="Listen", text="They answered.")
    deliveries.deliver(letter, number=1, by=owner)
    snapshots.freeze_due()
    while_open = dict(outputs(letter))
    letters.close(letter, by=owner)
    snapshots.freeze_due()
    afterwards = dict(outputs(letter))

    for found in (while_open, afterwards):
        assert {name: told for name, text in found.items() if (told := figures_in(text) & FORBIDDEN)} == {}
    assert ALLOWED.isdisjoint(FORBIDDEN)
    by_proof = sums((PROOF,))
    for place in ("letter", "letter_pdf", "verify", "api:bundle", "mail: letter", "snapshot: closing"):
        assert by_proof <= figures_in(afterwards[place]), place
    kinds = {name.partition(": ")[2] for name in afterwards if name.startswith("mail: ")}
    assert {"letter", "milestone", "closing", "update", f"{letter.slug}.pdf"} <= kinds
    assert len(afterwards) > 40


def test_a_figure_that_narrows_down_is_found():
    """The control."""
    for number in FORBIDDEN:
        assert figures_in(f"<p>{number:,} of them by invitation.</p>") == {number}
        assert figures_in(f'{{"invitation": {number}}}') == {number}


def test_no_row_of_an_anonymous_signer_says_which_workplace():
    """So no figure by workplace can be told of them, whoever asks."""
    for model in (WaitingSignature, Mark, Invitation):
        leads_to = {field.related_model for field in model._meta.get_fields() if field.is_relation}
        assert leads_to.isdisjoint({Workplace, Domain}), model


def test_the_database_keeps_no_workplace_for_an_anonymous_signature():
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    rows = letter.signatures.all()
    rows.update(workplace=letter.workplaces.get())

    with pytest.raises(IntegrityError, match="says_where"), transaction.atomic():
        rows.update(kind="by_policy", name="", search="", signed_at=None)
