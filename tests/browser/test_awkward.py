"""What people may write and no page likes: nothing is pushed off the screen, and nobody's name is drawn over."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.awkward import NAMES, SLUG, TALL

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

PAGES = ("", "signatures/", "sign/", "verify/", "follow/", "embed/")


@pytest.fixture(scope="module")
def awkward(embedded) -> str:
    embedded.run("from tests.browser import awkward; awkward.make()")
    return f"/letters/{SLUG}/"


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("path", ["/", *PAGES])
def test_nothing_is_wider_than_a_phone(open_context, awkward, path, direction):
    page = open_context("phone")
    page.goto(path if path == "/" else awkward + path)

    page.evaluate("direction => { document.documentElement.dir = direction }", direction)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")

    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("width", ["phone", "desktop"])
@pytest.mark.parametrize("way", ["-3.5rem", "3.5rem"])
def test_what_leaves_its_row_is_drawn_over_nobody_else_s_name(open_context, awkward, width, way):
    """Few fonts stack marks that high, and not those of every machine: here the name is moved instead."""
    page = open_context(width)
    page.goto(f"{awkward}signatures/")
    others = [name_of(page, "Stands above"), name_of(page, "Stands below")]
    before = [other.screenshot() for other in others]

    name = name_of(page, TALL).locator("bdi").first
    name.evaluate("(element, way) => { element.style.cssText = `position: relative; top: ${way}` }", way)

    assert [other.screenshot() for other in others] == before


def test_a_name_in_any_script_stands_in_the_list_as_it_was_typed(open_context, awkward):
    page = open_context("phone")
    page.goto(f"{awkward}signatures/")

    for name in NAMES.values():
        expect(name_of(page, name)).to_have_count(1)


def test_many_recipients_stand_behind_a_click_and_all_on_paper(open_context, awkward):
    page = open_context("phone")
    page.goto(awkward)
    last = page.get_by_text("47RRR")
    expect(last).to_be_hidden()
    assert page.locator("#count").bounding_box()["y"] < 4_000

    page.get_by_text("and 44 more").click()
    expect(last).to_be_visible()

    page.reload()
    page.emulate_media(media="print")
    expect(last).to_be_visible()


def name_of(page: Page, name: str):
    return page.locator("li.signature").filter(has_text=name)
