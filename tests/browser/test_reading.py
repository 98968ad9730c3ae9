"""A reader finds a letter and a name in it, and reports another letter: in every width, with and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_journey import WAYS

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]


@WAYS
def test_a_reader_searches_reads_and_reports(open_context, embedded, complaints, width, script):
    page = open_context(width, script=script)
    page.goto("/")
    page.fill("input[name=q]", "nothing of the kind")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main")).to_contain_text("No letter matches “nothing of the kind”")
    page.fill("input[name=q]", "FACIAL police")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Stop selling facial recognition to the police").click()
    expect(page.locator("#count")).to_contain_text("450")
    expect(page.locator(".demand")).to_have_count(3)

    page.get_by_role("link", name="See and search all 300 names").click()
    page.get_by_role("link", name="Next").click()
    expect(page.locator("main")).to_contain_text("Page 2 of 3")
    page.fill("input[name=q]", "recruiter clover")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("li.signature")).to_have_count(page.get_by_text("Recruiter", exact=True).count())
    assert page.locator("li.signature").count() > 0

    page.get_by_role("link", name="Report a letter").click()
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("alert")).to_contain_text("Please say what is wrong.")
    page.get_by_label("Which letter?").fill(f"{embedded.url}/letters/facial-recognition-2018/")
    page.get_by_label("What is wrong with it?").fill(f"Nothing, this is a trial ({width}, {script}).")
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator("h1")).to_have_text("Your report was sent")
    assert complaints == []
