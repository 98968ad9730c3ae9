"""An organizer tells those who follow a letter, in a real browser: from the draft to the last mail."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import FIND, RULES, SOURCE
from tests.browser.test_journey import LETTER, sign_in, type_code
from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

FOLLOWER, ORGANIZER = "news@private.test", "organizer@example.com"
MOVE_BACK = """
from datetime import timedelta
from petitions.models import Update
for update in Update.objects.scheduled():
    update.scheduled_at -= timedelta(days=700)
    update.save()
"""


def follow(page: Page, code_for) -> None:
    page.goto(f"{LETTER}follow/")
    page.fill("input[name=address]", FOLLOWER)
    page.press("input[name=address]", "Enter")
    page.wait_for_url("**/code/")
    type_code(page, code_for(FOLLOWER))


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def faults(page: Page, complaints: list[str]) -> list[str]:
    """As it stands now. Looking makes noise of its own, since the page's policy is in force."""
    assert complaints == []
    page.evaluate(SOURCE)
    found = page.evaluate(FIND, RULES)
    complaints.clear()
    return found


def told(embedded, address: str, subject: str):
    return [mail for mail in embedded.mails_to(address) if mail["subject"] == subject]


def test_an_update_is_written_seen_scheduled_and_posts_itself(open_context, embedded, code_for, complaints):
    follow(open_context("phone"), code_for)
    page = open_context("phone")
    sign_in(page, embedded, code_for, ORGANIZER)
    page.goto("/admin/petitions/letter/")
    page.get_by_role("link", name="Ask us before you watch us work").click()
    page.get_by_role("link", name="Updates", exact=True).click()
    page.get_by_role("link", name="Write an update").click()
    page.fill("#id_title", "We have been heard at last")
    press(page, "Save and look at it")
    expect(page.locator("#id_title")).to_have_value("We have been heard at last")
    page.fill("#id_text", "The board **read** it.")
    press(page, "Save and look at it")

    mail = page.frame_locator("iframe.mail-html")
    expect(mail.locator("strong", has_text="read")).to_be_visible()
    expect(page.locator("pre.mail-text")).to_contain_text("The board *read* it.")
    assert faults(page, complaints) == []
    press(page, "Send me a test mail")
    until(lambda: told(embedded, ORGANIZER, "Test: news of a letter"), 60)
    page.get_by_role("link", name="See it on the page").click()
    expect(page.locator(".timeline")).to_contain_text("The board read it.")
    page.go_back()

    page.fill("#id_at", "2028-01-31T10:00")
    press(page, "Schedule it")
    expect(page.locator("#content")).to_contain_text("Scheduled for Jan. 31, 2028, 10 a.m. UTC")
    expect(page.locator("#id_at")).to_have_value("2028-01-31T10:00")
    assert faults(page, complaints) == []
    reader = open_context("phone")
    reader.goto(LETTER)
    expect(reader.locator("main")).not_to_contain_text("We have been heard at last")

    embedded.run(MOVE_BACK)
    until(lambda: told(embedded, FOLLOWER, "News of a letter"), 60)
    reader.reload()
    expect(reader.locator(".timeline")).to_contain_text("We have been heard at last")
    page.reload()
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator("#content")).to_contain_text(re.compile(r"(\d+) of \1 sent"))
    assert faults(page, complaints) == []
    assert len(told(embedded, FOLLOWER, "News of a letter")) == 1
    assert complaints == []
