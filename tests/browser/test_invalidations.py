"""An owner declares signatures invalid and brings them back, and a reader sees the number and the reason."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import LETTER, number_on, sign_in
from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

PREPARED = """
from petitions.models import Letter
from tests.factories import sign
letter = Letter.objects.get(slug="ask-before-you-watch-us")
for name in ("{word} Oneof", "{word} Twoof", "{word} Threeof"):
    sign(letter, name, role="Tester")
"""


@pytest.mark.parametrize(("width", "script"), [("phone", False), ("desktop", True)])
def test_signatures_are_declared_invalid_and_come_back(
    open_context, embedded, code_for, complaints, width, script
):
    word = f"Robo{width}"
    embedded.run(PREPARED.format(word=word))
    reader, page = open_context(width), open_context(width, script=script)
    before = until(lambda: listed(reader, word) == 3 and number_on(reader, LETTER))
    sign_in(page, embedded, code_for)

    page.goto("/admin/petitions/letter/")
    page.get_by_role("link", name="Ask us before you watch us work").click()
    page.get_by_role("link", name="Declare invalid").click()
    page.fill("input[name=words]", word.upper())
    page.fill("input[name=reason]", f"Typed by a program, {width}")
    page.get_by_role("button", name="Count them first").click()
    expect(page.locator("#content")).to_contain_text("3 named, 0 anonymous and sealed")
    page.fill("input[name=sure]", "3")
    page.get_by_role("button", name="Declare them invalid").click()
    expect(page.locator("#content")).to_contain_text("3 signatures are invalid", timeout=30_000)

    told = f"3 signatures were declared invalid by the organizers and are not counted: Typed by a program, {width}"
    until(lambda: number_on(reader, LETTER) == before - 3)
    expect(reader.locator("main")).to_contain_text(told)
    assert listed(reader, word) == 0

    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.locator("#content")).to_contain_text("All that it hit counts again.", timeout=30_000)
    until(lambda: number_on(reader, LETTER) == before)
    expect(reader.locator("main")).not_to_contain_text("declared invalid")
    assert listed(reader, word) == 3
    assert complaints == []


def listed(page: Page, word: str) -> int:
    page.goto(f"{LETTER}signatures/?q={word}")
    return page.locator("main").get_by_text(re.compile(f"^{word} ")).count()
