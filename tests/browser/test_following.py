"""A reader follows a letter from a private address, reads what happened in a mail, and ends the mails."""

from __future__ import annotations

import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OPEN
from tests.browser.test_journey import LETTER, WAYS, type_code
from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

WAY_OUT = re.compile(r"http://\S+/unsubscribe/\S+/")


def follow(page: Page, code_for: Any, address: str) -> None:
    page.goto(LETTER)
    page.get_by_role("link", name="Follow this letter by mail").click()
    page.fill("input[name=address]", address)
    page.get_by_role("button", name="Send me a code").click()
    page.wait_for_url("**/follow/code/")
    type_code(page, code_for(address))
    expect(page.locator("h1")).to_have_text("You follow this letter")


POST = """
from datetime import timedelta
from django.db.models import F
from petitions.models import Letter
from tests.factories import post_update
letter = Letter.objects.get(slug={slug!r})
letter.updates.posted().update(posted_at=F("posted_at") - timedelta(days=8))  # three a week are too few for all tests
post_update(letter, title={title!r}, text="Somebody **read** it.")
"""


def post_update(embedded: Any, title: str) -> None:
    """What an organizer does in test_updates.py."""
    embedded.run(POST.format(slug=OPEN, title=title))


def mail_about(embedded: Any, title: str, address: str) -> Any:
    def found() -> list[Any]:
        return [mail for mail in embedded.mails_to(address) if title in mail["text"]]

    return until(found)[0]


@WAYS
def test_a_follower_is_told_and_ends_the_mails(open_context, embedded, code_for, complaints, width, script):
    page, title = open_context(width, script=script), f"We were heard {width} {script}"
    address = f"{width}.{script}@private.test".lower()
    page.goto(f"{LETTER}follow/")
    page.fill("input[name=address]", "reader@example.com")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("alert")).to_contain_text("private")  # an employer would read along
    follow(page, code_for, address)

    post_update(embedded, title)
    mail = mail_about(embedded, title, address)
    assert "<strong>read</strong>" in mail["html"]
    way_out = WAY_OUT.search(mail["text"])[0]
    for _ in range(2):  # whoever looks at a link before its reader ends nothing
        page.goto(way_out)
        expect(page.locator("h1")).to_have_text("No more mails about this letter?")
    page.get_by_role("button", name="End the mails").click()

    expect(page.locator("h1")).to_have_text("No mails any more")
    page.goto(way_out)
    expect(page.locator("h1")).to_have_text("No mails any more")
    assert complaints == []


def test_a_mail_program_ends_the_mails_with_one_click(open_context, embedded, code_for):
    """As RFC 8058 has it: a form posted by a program that has no cookie and reads no page."""
    page, address = open_context("phone", script=False), "one.click@private.test"
    follow(page, code_for, address)
    post_update(embedded, "One click")
    way_out = WAY_OUT.search(mail_about(embedded, "One click", address)["text"])[0]

    with urllib.request.urlopen(way_out, b"List-Unsubscribe=One-Click", timeout=60) as answer:
        assert answer.status == 200

    page.goto(way_out)
    expect(page.locator("h1")).to_have_text("No mails any more")
