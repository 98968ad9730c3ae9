"""The frame in a page of another site, in a real browser: it shows, asks no third site, and may do nothing."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import complain
from tests.browser.test_journey import LETTER

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]


@pytest.fixture
def frame(embedded) -> str:
    """What the site tells programs to put into a page."""
    url = f"{embedded.url}/oembed/?url={quote(embedded.url + LETTER, safe='')}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return str(json.load(answer)["html"])


@pytest.fixture
def foreign_site(frame) -> Iterator[str]:
    """A page on another host that frames the letter, and tries to frame its sign page too."""
    pages = {"/": frame, "/other": frame.replace("embed/", "sign/")}

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            body = f'<!DOCTYPE html><title>Elsewhere</title><link rel="icon" href="data:,">{pages.get(self.path, "")}'
            self.wfile.write(body.encode())

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def reader(chromium) -> Iterator[tuple[Page, list[str], list[str]]]:
    """A browser that has never been here, with what it complains of and what it asks for."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page, complaints, asked = context.new_page(), [], []
    page.on("console", lambda message: complain(complaints, message))
    page.on("request", lambda request: asked.append(request.url))
    yield page, complaints, asked
    context.close()


def test_another_site_shows_the_number_and_nothing_else_is_asked(reader, foreign_site, embedded):
    page, complaints, asked = reader

    page.goto(foreign_site)

    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("heading")).to_have_text("Ask us before you watch us work")
    expect(inside.locator("main")).to_contain_text("signatures")
    assert {url.rsplit("/", 1)[0] + "/" for url in asked if url.startswith(embedded.url)} == {
        f"{embedded.url}{LETTER}embed/",
        f"{embedded.url}/static/",
    }
    assert [url for url in asked if not url.startswith((embedded.url, foreign_site, "data:"))] == []
    assert (complaints, page.context.cookies()) == ([], [])


def test_its_link_opens_the_letter_in_a_window_of_its_own(reader, foreign_site, embedded):
    page, complaints, _asked = reader
    page.goto(foreign_site)

    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Read and sign").click()

    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Ask us before you watch us work")
    assert opened.value.url == f"{embedded.url}{LETTER}"
    assert (opened.value.evaluate("window.opener"), opened.value.evaluate("document.referrer")) == (None, "")
    assert complaints == []


def test_it_has_no_room_to_scroll_and_is_read_in_the_dark(chromium, foreign_site):
    for scheme in ("light", "dark"):
        context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        page = context.new_page()
        page.goto(foreign_site)
        inside = page.frames[1]
        assert inside.evaluate("document.documentElement.scrollHeight <= window.innerHeight"), scheme
        assert inside.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), scheme
        context.close()


def test_no_page_with_a_form_can_be_framed(reader, foreign_site):
    page, _complaints, _asked = reader

    with page.expect_console_message(lambda message: message.type == "error") as refused:
        page.goto(f"{foreign_site}/other")

    assert "frame-ancestors 'none'" in refused.value.text
    assert page.frame_locator("iframe").locator("form").count() == 0
