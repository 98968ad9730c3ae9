"""The page for a code, with its script: what is pasted finds its place, and who asks again waits."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import LETTER, RECEIPT, fill_in

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]


def paste(page: Page, text: str) -> None:
    """By way of the real clipboard."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator("input[name=code]").focus()
    page.keyboard.press("Control+v")


def at_the_code(open_context, address: str, **options) -> Page:
    page = open_context("phone", permissions=["clipboard-read", "clipboard-write"], **options)
    fill_in(page, LETTER, address=address, name="Paste Tester")
    return page


def test_a_pasted_code_goes_into_its_form_and_on_to_the_button(open_context, code_for, complaints):
    address = "paste.code@example.com"
    page = at_the_code(open_context, address)
    code = code_for(address)

    paste(page, f"\n  Your code:\n\n    {code.lower().replace('-', '')}  \n")

    expect(page.locator("input[name=code]")).to_have_value(code)
    expect(page.get_by_role("button", name="Sign the letter")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/signed/")
    assert RECEIPT.search(page.inner_text("main"))
    assert complaints == []


def test_what_is_no_code_is_pasted_as_it_is(open_context):
    page = at_the_code(open_context, "paste.other@example.com")

    paste(page, "no code at all")

    expect(page.locator("input[name=code]")).to_have_value("no code at all")
    expect(page.locator("input[name=code]")).to_be_focused()


def test_who_asks_again_sees_how_long_to_wait(open_context):
    """The clock of the page is turned, nobody waits."""
    page = open_context("phone")
    page.clock.install()
    fill_in(page, LETTER, address="waits.again@example.com", name="Wait Tester")
    again = page.locator("form[data-wait] button")
    wait = int(page.locator("form[data-wait]").get_attribute("data-wait"))
    expect(again).to_be_disabled()
    expect(again).to_have_text(re.compile(r"Send a new code \(in \d+ s\)"))
    first = int(re.search(r"\d+", again.inner_text())[0])
    assert wait - 5 <= first <= wait

    page.clock.run_for(5_000)
    expect(again).to_have_text(f"Send a new code (in {first - 5} s)")
    page.clock.run_for(1_000 * wait)

    expect(again).to_be_enabled()
    expect(again).to_have_text("Send a new code")
