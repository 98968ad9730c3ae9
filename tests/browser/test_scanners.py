"""P8 in a real browser that runs scripts: a scanner opens whatever it finds, and signs nothing."""

from __future__ import annotations

from urllib.parse import urldefrag

import pytest
from playwright.sync_api import Error

from tests.browser.test_journey import LETTER, number_on
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite"), pytest.mark.promise("P8")]

MOST = 60  # pages
STARTS = ("", "code/", "signed/", "token/", "token/offline/", "redeem/", "code/again/")


def test_a_browser_that_opens_every_address_signs_nothing(embedded, open_context, code_for):
    asker, address = Visitor(embedded.url), "scanned@example.com"
    shown = {"appear": "full", "name": "Sam Scanned", "role": "", "statement": ""}
    asker.post(f"{LETTER}sign/", address=address, **shown)
    code, page = code_for(address), open_context()
    before = number_on(page, LETTER)

    opened = open_everything(page, embedded.url)

    assert len(opened) > 12
    assert number_on(page, LETTER) == before
    assert asker.post(f"{LETTER}code/", code=code).url.endswith("/signed/")


def open_everything(page, site):
    """Every link on every page, with scripts running, until nothing new is found."""
    waiting, opened = [f"{site}{LETTER}{start}" for start in STARTS], set()
    while waiting and len(opened) < MOST:
        url = waiting.pop(0)
        opened.add(url)
        try:
            page.goto(url, wait_until="load")
        except Error:  # what only a POST may open answers with nothing to show
            continue
        links = page.evaluate("Array.from(document.querySelectorAll('a[href]'), (link) => link.href)")
        found = {urldefrag(link).url for link in links if link.startswith(site) and ".pdf" not in link}
        waiting += sorted(link for link in found - opened - set(waiting) if "/static/" not in link)
    return opened
