"""A recipient in a real browser: from the link in the mail to the answer that everybody reads."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import findings
from tests.browser.test_journey import sign_in, type_code, type_title
from tests.mailserver import CODE
from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

LETTER = "/letters/facial-recognition-2018/"
LINK = re.compile(r"http://localhost:\d+(/answer/\S+/)")
RECIPIENTS = [
    ("phone", True, "jeff.bezos@example.com"),
    ("phone", False, "andy.jassy@example.com"),
    ("desktop", True, "jeff.wilke@example.com"),
    ("desktop", False, "beth.galetti@example.com"),
]


@pytest.fixture
def room_of(open_context, embedded, code_for):
    """The room of a recipient of the sample letter, which is delivered for the first who asks."""

    def found(address: str) -> str:
        if not links(embedded, address):
            page = open_context()
            sign_in(page, embedded, code_for)
            page.goto("/admin/petitions/letter/")
            page.get_by_role("link", name="Stop selling facial recognition to the police").click()
            page.locator("#content").get_by_role("link", name=re.compile("^Deliver…")).first.click()
            type_title(page, "Stop selling facial recognition to the police")
        return until(lambda: links(embedded, address), 60)[0]

    return found


def links(embedded, address: str) -> list[str]:
    return [link[1] for mail in embedded.mails_to(address) for link in [LINK.search(mail["text"])] if link]


def code_to(embedded, address: str, *, after: int) -> str:
    def codes():
        return [mail for mail in embedded.mails_to(address) if CODE.search(mail["text"])]

    newest = until(lambda: codes()[0] if len(codes()) > after else None)
    return CODE.search(newest["text"])[1]


def faults(page: Page, *, script: bool) -> list[str]:
    """In every look of the page; without script there is no way to ask."""
    return findings(page) if script else []


@pytest.mark.parametrize(("width", "script", "address"), RECIPIENTS)
def test_a_recipient_reads_drafts_and_publishes(
    open_context, embedded, room_of, complaints, width, script, address
):
    room, page = room_of(address), open_context(width, script=script)
    page.goto(room)
    expect(page.locator("main")).to_contain_text("450 signatures now, 450 when the letter was delivered")
    assert faults(page, script=script) == []
    first, second = page.locator("fieldset").nth(1), page.locator("fieldset").nth(2)
    first.get_by_label("Refused", exact=True).check()
    second.get_by_label("I will not answer").check()
    page.locator("textarea").nth(1).fill(f"**No**, says {address}.")
    page.get_by_role("button", name="Save draft").click()

    expect(page.get_by_role("status")).to_contain_text("A draft was saved here")
    expect(page.locator("textarea").nth(1)).to_have_value(f"**No**, says {address}.")
    assert faults(page, script=script) == []
    page.get_by_role("button", name="See how it will look").click()
    expect(page.locator("main")).to_contain_text(f"No, says {address}.")
    assert faults(page, script=script) == []
    page.get_by_role("button", name="Publish: send me a code").click()
    type_code(page, "2222-2222")
    expect(page.get_by_role("alert")).to_contain_text("This is not the code that was sent.")
    assert faults(page, script=script) == []
    type_code(page, code_to(embedded, address, after=0))

    expect(page.get_by_role("heading", level=1)).to_have_text("Your answer is published")
    assert faults(page, script=script) == []
    reader = open_context(width, script=script)
    reader.goto(LETTER)
    expect(reader.locator(".demands")).to_contain_text(f"No, says {address}.")
    assert faults(reader, script=script) == []
    told = until(lambda: [mail for mail in embedded.mails() if f"says {address}" in mail["text"]])
    until(lambda: len([mail for mail in embedded.mails() if f"says {address}" in mail["text"]]) == 2)
    assert {mail["subject"] for mail in told} == {"An answer to a letter"}
    page.goto(f"{room}mail/")
    expect(page.get_by_role("button", name="End the mails")).to_be_visible()
    assert faults(page, script=script) == []
    assert complaints == []


def test_the_room_is_used_by_keyboard_alone(open_context, room_of, complaints):
    page = open_context("phone")
    page.goto(room_of("jeff.bezos@example.com"))

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the content
    page.get_by_role("link", name="Go to your answer").focus()
    page.keyboard.press("Enter")
    for key in ("Tab", "ArrowUp", "ArrowUp", "Tab"):  # from “No decision” up to “Refused”
        page.keyboard.press(key)
    page.keyboard.type("Typed without a mouse")
    while page.evaluate("document.activeElement.value") != "preview":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/preview/")
    expect(page.locator(".response").first).to_contain_text("Refused")
    expect(page.locator(".response").first).to_contain_text("Typed without a mouse")
    assert complaints == []


def test_what_is_wrong_is_said_first_and_leads_to_its_field(open_context, room_of):
    page = open_context("phone")
    page.goto(room_of("andy.jassy@example.com"))
    page.get_by_role("link", name="Go to your answer").click()
    for box in page.locator("textarea").all():
        box.fill("")
    for choice in page.get_by_label("No decision").all():
        choice.check()

    page.get_by_role("button", name="See how it will look").click()

    expect(page.get_by_role("alert")).to_be_focused()
    assert findings(page) == []
    page.get_by_role("link", name="Please answer the whole letter or at least one demand.").click()
    expect(page.locator("#id_status_letter_0")).to_be_focused()
