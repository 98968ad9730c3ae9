"""Passing a letter on, in a real browser: what its buttons copy, hand over and say."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import LETTER

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

# Chromium on Linux has no menu to share with; this one keeps what it is given.
MENU = "navigator.share = (what) => { window.handedOver = what; return Promise.resolve(); };"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"


def opened(open_context: Any, width: str = "phone", **options: Any) -> Page:
    page = open_context(width, **options)
    page.goto(LETTER)
    return page


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_a_reader_copies_the_address(open_context, embedded, complaints, width):
    page = opened(open_context, width, permissions=["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="Copy the address").click()

    expect(page.locator(".share [role=status]")).to_have_text("The address is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{embedded.url}{LETTER}"
    assert complaints == []


def test_a_page_without_a_clipboard_copies_what_it_selects(open_context, embedded, complaints):
    page = open_context("phone")
    page.add_init_script(NO_CLIPBOARD)
    page.goto(LETTER)

    page.get_by_role("button", name="Copy the address").click()

    expect(page.locator(".share [role=status]")).to_have_text("The address is copied.")
    assert page.evaluate("document.getSelection().toString()") == f"{embedded.url}{LETTER}"
    assert complaints == []


def test_a_device_with_a_menu_gets_title_and_address_alone(open_context, embedded, complaints):
    page = open_context("phone")
    page.add_init_script(MENU)
    page.goto(LETTER)

    page.get_by_role("button", name="Share").click()

    assert page.evaluate("window.handedOver") == {
        "title": "Ask us before you watch us work",
        "url": f"{embedded.url}{LETTER}",
    }
    assert complaints == []


def test_without_a_menu_there_is_no_button_for_it(open_context):
    page = open_context("phone")
    page.add_init_script("delete Navigator.prototype.share;")
    page.goto(LETTER)

    expect(page.get_by_role("button", name="Copy the address")).to_be_visible()
    expect(page.locator("[data-act=share]")).to_be_hidden()


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_without_script_there_are_the_address_a_mail_and_a_picture(open_context, embedded, complaints, width):
    page = opened(open_context, width, script=False)

    expect(page.get_by_label("Address of this letter")).to_have_value(f"{embedded.url}{LETTER}")
    expect(page.locator(".share button:visible")).to_have_count(0)
    assert page.get_by_role("link", name="Write a mail").get_attribute("href").startswith("mailto:?subject=")
    page.get_by_text("Show it as a QR code").click()
    expect(page.get_by_role("img", name="QR code of the address above")).to_be_visible()
    page.get_by_text("Show the number on another site").click()
    frame = page.get_by_label("A frame to put into its page").input_value()
    assert f'src="{embedded.url}{LETTER}embed/"' in frame
    assert complaints == []
