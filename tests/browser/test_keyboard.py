"""With the keyboard alone: from a letter to the receipt, and always seeing where one is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import LETTER, RECEIPT, fill_in

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

MANY = 80  # no page here has as many stops before what is looked for
# What a focus changes, of the element and of what it is drawn with.
LOOK = """element => {
    const {outlineStyle, outlineWidth, outlineColor, boxShadow, backgroundColor, borderColor, clipPath, transform}
        = getComputedStyle(element);
    const isDrawn = outlineStyle !== "none" && outlineColor !== "rgba(0, 0, 0, 0)";
    const outline = isDrawn ? outlineColor + outlineWidth : "none";
    return [outline, boxShadow, backgroundColor, borderColor, clipPath, transform].join(" | ");
}"""
STOPS = """[...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), textarea, select, summary, [tabindex='0']"
)].filter((element) => element.checkVisibility() && !element.disabled)"""


def tab_to(page: Page, selector: str) -> None:
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way to {selector}")


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_a_letter_is_signed_without_a_mouse(open_context, code_for, complaints, width):
    page, address = open_context(width), f"keys.{width}@example.com"
    page.goto(LETTER)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"  # past the header

    tab_to(page, "a[href*='/sign/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign/")
    tab_to(page, "[name=appear]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name=appear]:checked")).to_have_value("initial")
    tab_to(page, "[name=name]")
    page.keyboard.type("Katherine Johnson")
    tab_to(page, "[name=role]")
    page.keyboard.type("Engineer")
    tab_to(page, "summary")
    page.keyboard.press("Space")
    tab_to(page, "[name=statement]")
    page.keyboard.type("Because we were not asked.")
    expect(page.locator("output")).to_have_text("Katherine J., Engineer")
    tab_to(page, "[name=address]")
    page.keyboard.type(address)
    tab_to(page, "button")
    page.keyboard.press("Enter")

    page.wait_for_url("**/code/")
    tab_to(page, "[name=code]")
    page.keyboard.type("2222-2222")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    tab_to(page, ".errors a")
    page.keyboard.press("Enter")
    expect(page.locator("[name=code]")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(code_for(address).lower())
    page.keyboard.press("Enter")

    page.wait_for_url("**/signed/")
    assert RECEIPT.search(page.inner_text("main"))
    tab_to(page, "a[download]")
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    assert RECEIPT.search(saved.value.path().read_text())
    assert complaints == []


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("address", ["", "sign/", "code/", "follow/", "signatures/"])
def test_whatever_has_the_focus_shows_it(open_context, address, colours):
    page = open_context("phone", color_scheme=colours)
    if address == "code/":
        fill_in(page, LETTER, address=f"focus.{colours}@example.com", appear="anonymous")
    else:
        page.goto(f"{LETTER}{address}")
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    page.keyboard.press("Tab")  # from here on the browser draws the focus

    unseen = page.evaluate(
        f"""() => {STOPS}.filter((element) => {{
            const look = {LOOK};
            document.activeElement.blur();
            const before = look(element);
            element.focus();
            return document.activeElement !== element || look(element) === before;
        }}).map((element) => element.outerHTML.slice(0, 120))"""
    )

    assert page.evaluate(f"{STOPS}.length") > 8
    assert unseen == []


def test_the_order_of_stops_is_that_of_the_page(open_context):
    """Nothing is jumped over or reached out of its turn."""
    page = open_context("phone")
    page.goto(f"{LETTER}sign/")
    expected = page.evaluate(f"{STOPS}.filter((e) => e.type !== 'radio').map((e) => e.outerHTML)")
    reached: list[str] = []
    while len(reached) < len(expected):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") != "radio":
            reached.append(page.evaluate("document.activeElement.outerHTML"))

    assert reached == expected
