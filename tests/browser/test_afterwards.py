"""What a signer does after signing: change, hide, show again, have a name taken down; and all of it in Spanish."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import LETTER, RECEIPT, WAYS, fill_in, type_code
from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]


def named(first: str, width: str, *, script: bool) -> str:
    """A first name that no other test has signed with: their lines stand in the same list."""
    return f"{first}-{width}-{script}"


def sign(page: Page, code_for, address: str, name: str) -> str:
    """The receipt."""
    fill_in(page, LETTER, address=address, name=name)
    type_code(page, code_for(address))
    return RECEIPT.search(page.inner_text("main"))[0]


def open_with(page: Page, receipt: str) -> None:
    page.goto("/receipt/")
    page.fill("input[name=receipt]", receipt)
    page.locator("main form button").first.click()
    expect(page.locator("h1")).to_have_text("Your signature")


def appear(page: Page, how: str, **fields: str) -> None:
    page.locator(f"input[name=appear][value={how}]").check()
    for name, value in fields.items():
        page.fill(f"input[name={name}]", value)
    page.locator("button[name=act][value=change]").click()
    expect(page.locator("main [role=status]")).to_be_visible()


def names(page: Page) -> str:
    page.goto(f"{LETTER}signatures/")
    return page.inner_text("main")


@WAYS
def test_a_line_is_changed_hidden_and_shown_again_by_its_receipt(
    open_context, code_for, complaints, width, script
):
    page, reader = open_context(width, script=script), open_context(width, script=script)
    maria, mary = (named(first, width, script=script) for first in ("Maria", "Mary"))
    receipt = sign(page, code_for, f"{maria}@example.com", f"{maria} Mitchell")

    open_with(page, receipt)
    appear(page, "full", name=f"{mary} Mitchell", role="Astronomer")
    until(lambda: f"{mary} Mitchell, Astronomer" in names(reader))  # a list may be two seconds old

    appear(page, "anonymous")
    until(lambda: mary not in names(reader))

    open_with(page, receipt)
    appear(page, "initial", name=f"{maria} Mitchell")
    until(lambda: f"{maria} M." in names(reader))
    assert complaints == []


@WAYS
def test_anybody_asks_for_a_name_to_be_taken_down(open_context, code_for, complaints, width, script):
    page, caroline = open_context(width, script=script), named("Caroline", width, script=script)
    sign(page, code_for, f"{caroline}@example.com", f"{caroline} Herschel")

    page.goto(f"{LETTER}signatures/?q={caroline}")
    page.get_by_role("link", name="Take this name down").click()
    expect(page.locator("main")).to_contain_text(f"{caroline} Herschel")
    page.locator("main form button").click()
    expect(page.locator("h1")).to_contain_text("Take this name down")  # a reason is asked for
    page.fill("[name=reason]", "This is me, and I did not sign.")
    page.locator("main form button").click()

    expect(page.locator("main")).to_contain_text("organizers")
    assert "/takedown/" in page.url or page.locator("[name=reason]").count() == 0
    assert complaints == []


@WAYS
def test_a_letter_is_signed_in_spanish_from_the_home_page_to_the_receipt(
    open_context, code_for, complaints, width, script
):
    page, address = open_context(width, script=script), f"rosa.{width}.{script}@example.com"
    page.goto("/")
    page.get_by_role("link", name="español").click()
    page.get_by_role("link", name="Ask us before you watch us work").click()
    page.get_by_role("link", name="Firmar esta carta").locator("visible=true").first.click()
    page.fill("input[name=name]", "Rosa Parques")
    page.fill("input[name=address]", address)
    page.get_by_role("button", name="Enviarme un código").click()
    page.wait_for_url("**/code/?lang=es")
    type_code(page, code_for(address))

    expect(page.locator("h1").first).to_have_text("Has firmado")
    assert page.evaluate("document.documentElement.lang") == "es"
    assert RECEIPT.search(page.inner_text("main"))
    assert complaints == []
