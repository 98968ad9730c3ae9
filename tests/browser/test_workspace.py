"""axe-core finds nothing in the organizers' workspace: on a phone and a desktop, in light and dark, at 200 %."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser.axe import findings
from tests.browser.test_journey import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

OF_THE_SITE = ("letter/", "letter/add/", "workplace/", "workplace/add/")
OF_OPERATORS = ("operations/", "operations/letters/", "operations/events/")
OF_A_DRAFT = ("change/", "edit/", "retention/", "open/", "delete/", "preview/mail/")
OF_AN_OPEN_LETTER = (
    "change/",
    "edit/",
    "duplicate/",
    "correct/",
    "close/",
    "deliver/",
    "signatures/",
    "takedowns/",
    "deliveries/",
    "invitations/",
    "updates/",
    "responses/",
    "organizers/",
    "organizers/leave/",
    "review/",
    "invalidations/",
    "handovers/",
    "events/",
    "paper/",
    "paper/import/",
    "recipients/import/",
    "signatures/export/",
    "updates/write/",
)
OF_A_CLOSED_LETTER = ("change/", "signatures/?q=engineer", "review/", "deliver/")


def look(page: Page, start: str, addresses: tuple[str, ...]) -> dict[str, list[str]]:
    found = {}
    for address in addresses:
        assert page.goto(start + address).status == 200, address
        found[start + address] = findings(page, directions=("ltr",), preload=False)
    return found


def letter(page: Page, title: str) -> str:
    page.goto("/admin/")
    page.get_by_role("link", name=title).first.click()
    return re.sub("change/$", "", page.url)


def conflict(page: Page, draft: str) -> list[str]:
    """Two tabs of one person do as well as two people."""
    page.goto(f"{draft}edit/")
    page.fill("#id_text", "Mine.")
    other = page.context.new_page()
    other.goto(f"{draft}edit/")
    other.fill("#id_text", "Theirs.")
    with other.expect_navigation():
        other.locator("input[name=_save]").click()
    other.close()
    with page.expect_navigation():
        page.locator("input[name=_save]").click()
    assert page.locator(".differences ins").count() == 1
    return findings(page, directions=("ltr",), preload=False)


def test_nothing_is_wrong_in_the_workspace(open_context, embedded, code_for, complaints):
    page = open_context(
        reduced_motion="reduce"
    )  # colours that are still changing have no contrast to measure
    sign_in(page, embedded, code_for)
    found = look(page, "/admin/petitions/", OF_THE_SITE) | look(page, "/admin/", OF_OPERATORS)
    open_letter, closed = letter(page, "Ask us before you watch us work"), letter(page, "Stop selling facial")
    found |= look(page, open_letter, OF_AN_OPEN_LETTER) | look(page, closed, OF_A_CLOSED_LETTER)
    page.goto(f"{open_letter}duplicate/")
    with page.expect_navigation():
        page.get_by_role("button", name="Duplicate the letter").click()
    draft = re.sub("edit/$", "", page.url)
    found |= look(page, draft, OF_A_DRAFT) | {"conflict": conflict(page, draft)}

    assert {address: what for address, what in found.items() if what} == {}
    assert complaints == []
