"""What a recipient does in their room, step by step, over HTTP and through a real mail server."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from petitions import rooms
from petitions.flows import deliveries, sending, snapshots
from petitions.models import Delivery, Letter, Recipient
from tests.mailserver import MailServer

SEEN = re.compile(r'<input type="hidden" name="seen" value="([^"]+)">')


def send_all() -> None:
    snapshots.freeze_due()
    for pk in Delivery.objects.due().values_list("pk", flat=True):
        sending.send(pk)


def deliver(letter: Letter) -> Recipient:
    """To all of the letter's recipients; the first of them."""
    owner = letter.memberships.get(role="owner").user
    deliveries.deliver(letter, number=letter.snapshots.count() + 1, by=owner)
    send_all()
    return letter.recipients.first()


def room(recipient: Recipient, page: str = "") -> str:
    return f"/answer/{rooms.secret(recipient)}/{page}"


def write(client: Client, recipient: Recipient, *, act: str = "preview", **fields: Any) -> HttpResponse:
    """`fields` are status_letter, text_letter, and status_N and text_N for the demand numbered N."""
    keys = {str(demand.number): demand.pk for demand in recipient.letter.demands.all()}
    named = {
        f"{kind}_{keys.get(which, which)}": value
        for (kind, which), value in ((name.split("_"), value) for name, value in fields.items())
    }
    return client.post(room(recipient), {"act": act} | named)


def ask(client: Client, recipient: Recipient) -> HttpResponse:
    """Publish what is previewed: ask for the code."""
    return client.post(room(recipient, "preview/"), {"seen": seen(client, recipient)})


def seen(client: Client, recipient: Recipient) -> str:
    """What the preview that is shown now sends back with the wish to publish it."""
    shown = client.get(room(recipient, "preview/")).content.decode()
    found = SEEN.search(shown)
    assert found, shown
    return found[1]


def type_code(client: Client, recipient: Recipient, code: str) -> HttpResponse:
    return client.post(room(recipient, "code/"), {"code": code})


def code_of(mails: MailServer, recipient: Recipient, *, number: int = 1) -> str:
    """The nth code that was sent to the recipient, beside letters."""
    mails.wait(lambda: codes_to(mails, recipient)[number - 1 :])
    return mails.code_in(codes_to(mails, recipient)[number - 1])


def codes_to(mails: MailServer, recipient: Recipient) -> list[Any]:
    return [mail for mail in mails.to(recipient.address) if mail["Subject"] == "Your code"]


def publish(client: Client, recipient: Recipient, mails: MailServer, **fields: Any) -> HttpResponse:
    """From the form to the answer after the code."""
    sent = len(codes_to(mails, recipient))
    assert write(client, recipient, **fields).status_code == 303
    assert ask(client, recipient).status_code == 303
    return type_code(client, recipient, code_of(mails, recipient, number=sent + 1))
