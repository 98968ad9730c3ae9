"""Somebody who has never seen the product gets from the printed address to a delivered letter.

The pages alone lead: every step is a link or a button that the page before names.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Picture
from tests.browser.test_journey import (
    check_mail,
    delivered,
    fill_in,
    number_on,
    see_a_test_mail,
    sign_in,
    type_code,
    type_title,
)
from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

TITLE = "Pay the early shift fairly"
DEMANDS = ("Pay a third more", "Let us choose", "Heat the hall")


def follow(page: Page, name: str) -> None:
    """A link of the page's own part."""
    with page.expect_navigation():
        page.locator("#content").get_by_role("link", name=re.compile(f"^{name}")).first.click()


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("#content").get_by_role("button", name=name, exact=True).first.click()


def item(page: Page, name: str) -> str:
    """What the checklist says of it: done, needed or to do."""
    return page.locator(".checklist li", has_text=name).locator(".badge").inner_text()


def preview(page: Page):
    """The frame beside the form: its name is new each time."""
    return page.frame_locator(".typed iframe:not([hidden])")


def write(page: Page, picture: Picture) -> None:
    """From a letter to start from; what is typed is seen beside it before anything is saved."""
    page.locator("#content").get_by_role("link", name="Write a letter").first.click()
    follow(page, "Demand letter")
    expect(preview(page).locator("h1")).to_have_text("[What we ask for], by [day]")
    page.fill("#id_title", TITLE)
    expect(preview(page).locator("h1")).to_have_text(TITLE)
    page.fill("#id_text", "Nights are **longer** than days.\n\nWe ask you to see that.")
    page.fill("#id_signing_line", "Employees of Example")
    for number, title in enumerate(DEMANDS):
        page.fill(f"#id_demands-{number}-title", title)
        page.fill(f"#id_demands-{number}-text", "")
    expect(preview(page).locator("body")).to_contain_text("Heat the hall")
    page.get_by_role("button", name="Mail", exact=True).click()
    expect(preview(page).locator("body")).to_contain_text("We ask you to see that.")
    page.get_by_role("button", name="Page", exact=True).click()
    expect(preview(page).locator("h1")).to_have_text(TITLE)
    picture(page, "writing")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()


def complete(page: Page, picture: Picture) -> None:
    """What the list says is needed, by the links that it gives."""
    assert [item(page, name) for name in ("Text", "Recipients", "Workplaces")] == ["done", "needed", "needed"]
    follow(page, "Workplaces")
    page.select_option("#id_workplaces_from", label="Example Corporation")
    page.locator(".selector-add").first.click()
    page.fill("#id_recipients-0-name", "Chris Chief")
    page.fill("#id_recipients-0-address", "chief@board.example.com")
    page.get_by_role("button", name=re.compile("Add another Recipient")).click()
    page.fill("#id_recipients-1-name", "Pat People")
    page.fill("#id_recipients-1-address", "people@board.example.com")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    assert [item(page, name) for name in ("Text", "Recipients", "Workplaces")] == ["done"] * 3
    picture(page, "checklist")
    follow(page, "What is kept")
    press(page, "I have read it")
    assert item(page, "What is kept") == "done"


def open_for_signing(page: Page) -> str:
    follow(page, "Open for signing")
    press(page, "Open for signing")
    expect(page.locator(".stand")).to_contain_text("open")
    return page.locator(".overview a[href*='/letters/']").first.get_attribute("href")


def close_and_deliver(page: Page, embedded, picture: Picture) -> None:
    page.reload()
    picture(page, "open")
    assert (item(page, "Closed"), item(page, "Signatures")) == ("to do", "done")
    follow(page, "Closed")
    press(page, "Close the letter")
    assert item(page, "Closed") == "done"
    follow(page, "Deliver…")
    see_a_test_mail(page, embedded, TITLE)
    picture(page, "deliver")
    type_title(page, TITLE)


@pytest.mark.parametrize("width", ["desktop"])
def test_newcomer_goes_from_the_first_word_to_the_delivered_mail(
    open_context, embedded, code_for, complaints, picture, width
):
    page = open_context(width)
    sign_in(page, embedded, code_for)

    write(page, picture)
    complete(page, picture)
    public = open_for_signing(page)
    signer = open_context("phone")
    fill_in(signer, public, address="kim.second@example.com", name="Kim Second", role="Nurse")
    type_code(signer, code_for("kim.second@example.com"))
    until(lambda: number_on(signer, public) == 1)
    close_and_deliver(page, embedded, picture)
    mails = until(lambda: delivered(embedded, TITLE), 60)

    assert sorted(mail["to"] for mail in mails) == ["chief@board.example.com", "people@board.example.com"]
    for mail in mails:
        check_mail(mail, TITLE, "Kim Second, Nurse")
    page.reload()
    expect(page.locator("#content")).to_contain_text("accepted by the mail server")
    picture(page, "deliveries")
    signer.goto("/mailbox/")
    expect(signer.locator("main")).to_contain_text(TITLE)
    assert complaints == []
