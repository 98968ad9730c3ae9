"""What becomes of a mail that may have arrived: seen without reloading, and decided by a person."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import findings
from tests.browser.test_journey import sign_in
from tests.promises.faults import FaultyServer, drops

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

# The site's own worker is kept away from the mail by an hour's wait, and then by a ring that it thinks was heard.
WRITE = """
from datetime import timedelta
from accounts.models import User
from django.utils import timezone
from django.db import transaction
from petitions.flows import deliveries, letters, snapshots
from petitions.models import Delivery, Letter, Workplace
owner = User.objects.get(email="organizer@example.com")
letter = letters.create(Letter(title="Mend the lift", text="It stands.", signing_line="Us", slug="lift"), by=owner)
letter.workplaces.add(Workplace.objects.first())
letter.demands.create(number=1, title="Mend it")
letter.recipients.create(name="Chris Chief", address="chief@board.example.com")
letters.open_for_signing(letter, by=owner)
with transaction.atomic():
    deliveries.deliver(letter, number=1, by=owner)
    Delivery.objects.filter(letter=letter, kind="letter").update(not_before=timezone.now() + timedelta(hours=1))
"""
SEND = """
from django.conf import settings
from django.utils import timezone
from petitions.flows import sending, snapshots
from petitions.models import Delivery
settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_SECURITY = "127.0.0.1", {port}, "none"
snapshots.freeze_due()
mail = Delivery.objects.get(letter__slug="lift", kind="letter")
Delivery.objects.filter(pk=mail.pk).update(not_before=timezone.now(), rung_at=timezone.now())
sending.send(mail.pk)
"""


def test_an_unknown_mail_is_seen_and_decided(open_context, embedded, code_for, complaints):
    page = open_context("phone")
    sign_in(page, embedded, code_for)
    embedded.run(WRITE)
    open_deliveries(page)
    expect(page.locator("[data-live]")).to_contain_text("1 × letter: waiting")

    with FaultyServer({"dot": drops}) as server:  # it takes the whole mail, and hangs up without a word
        embedded.run(SEND.format(port=server.port))
    assert len(server.taken) == 1

    row = page.locator("tr", has_text="Chris Chief")
    expect(row).to_contain_text("unknown: it may have arrived", timeout=20_000)
    expect(row).to_contain_text("The mail server broke the line.")
    row.get_by_role("link", name="Decide…").click()
    expect(page.locator("#content")).to_contain_text("Did it arrive?")
    assert findings(page) == []
    page.get_by_role("button", name="Count as sent").click()

    expect(page.locator(".messagelist")).to_contain_text("It is counted as sent.")
    expect(page.locator("tr", has_text="Chris Chief")).to_contain_text("counted as sent by an organizer")
    assert len(server.taken) == 1
    assert complaints == []


def open_deliveries(page: Page) -> None:
    page.goto("/admin/petitions/letter/")
    page.get_by_role("link", name="Mend the lift").click()
    page.locator(".ways").get_by_role("link", name="Deliveries").click()
