"""What a first visit of a letter costs its reader: bytes, jumps, waiting, and nobody else who is asked."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import CLOSED, OPEN

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

MOST = 60_000  # bytes as they are transferred, with headers: the page and all it loads
COUNTS_JUMPS = """
    window.jumps = [];
    new PerformanceObserver((list) => window.jumps.push(...list.getEntries().map((entry) => entry.value)))
        .observe({type: "layout-shift", buffered: true});
"""
TRANSFERRED = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map(({name, transferSize}) => [name, transferSize])"""
HOLD_UP = """performance.getEntriesByType("resource")
    .filter((entry) => entry.renderBlockingStatus === "blocking").map((entry) => entry.name)"""
SCRIPTS = (
    "[...document.scripts].map(({src, type, defer, async}) => [src, type === 'module' || defer || async])"
)


def visited(page: Page, address: str) -> Page:
    """For the first time, down to the end and back, as readers do."""
    page.add_init_script(COUNTS_JUMPS)
    page.goto(address, wait_until="networkidle")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("width", ["phone", "desktop"])
@pytest.mark.parametrize("slug", [OPEN, CLOSED])
def test_a_first_visit_is_light(open_context, embedded, complaints, record_property, slug, width):
    page = visited(open_context(width), f"/letters/{slug}/")

    sizes = dict(page.evaluate(TRANSFERRED))
    record_property("bytes", sum(sizes.values()))
    kinds = {urlsplit(address).path.rpartition(".")[2] for address in sizes}
    assert kinds - {"svg"} == {f"/letters/{slug}/", "css", "js"}  # the mark of the tab may come later
    assert all(sizes.values())
    assert sum(sizes.values()) < MOST, sizes
    assert {urlsplit(address).netloc for address in sizes} == {urlsplit(embedded.url).netloc}
    assert (complaints, page.context.cookies()) == ([], [])


@pytest.mark.parametrize("width", ["phone", "desktop"])
@pytest.mark.parametrize("address", ["", "signatures/", "sign/"])
def test_nothing_jumps(open_context, width, address):
    slug = OPEN if address == "sign/" else CLOSED
    page = visited(open_context(width), f"/letters/{slug}/{address}")

    assert page.evaluate("window.jumps") == []


@pytest.mark.parametrize("address", ["", "sign/", "code/", "follow/", "invitation/"])
def test_the_stylesheet_alone_holds_the_first_picture_up(open_context, address):
    page = visited(open_context(), f"/letters/{OPEN}/{address}")

    assert [urlsplit(name).path.rpartition(".")[2] for name in page.evaluate(HOLD_UP)] == ["css"]
    assert all(src and waits for src, waits in page.evaluate(SCRIPTS))


def test_a_jump_is_seen(open_context):
    """The control."""
    page = visited(open_context(), f"/letters/{CLOSED}/")
    page.evaluate("""new Promise((done) => {
        const box = document.createElement("div");
        box.style.height = "300px";
        requestAnimationFrame(() => {
            document.querySelector("main").prepend(box);
            requestAnimationFrame(() => requestAnimationFrame(done));
        });
    })""")

    page.wait_for_function("window.jumps.length > 0")
