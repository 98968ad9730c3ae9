"""An invitation in real browsers: printed by an organizer, used by two who have no mail."""

from __future__ import annotations

import io
import re

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.axe import findings
from tests.browser.test_journey import LETTER, RECEIPT, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

CODE = re.compile(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}")


def printed(page: Page, proof: str = "invitation") -> list[str]:
    page.goto("/admin/petitions/letter/")
    page.get_by_role("link", name="Ask us before you watch us work").click()
    page.locator("#content").get_by_role("link", name="Invitations").click()
    page.select_option("select[name=proof]", proof)
    with page.expect_download() as download:
        page.get_by_role("button", name="Print a sheet").click()
    content = download.value.path().read_bytes()
    return CODE.findall(" ".join(leaf.extract_text() for leaf in PdfReader(io.BytesIO(content)).pages))


def fill_in(page: Page, code: str, *, appear: str, name: str = "") -> None:
    page.goto(f"{LETTER}sign/")
    page.get_by_role("link", name="I have an invitation").click()
    page.locator(f"input[name=appear][value={appear}]").check()
    if name:
        page.fill("input[name=name]", name)
    page.fill("input[name=invitation]", code.lower().replace("-", " "))


def use(page: Page, code: str, *, appear: str, name: str = "", by_policy: bool = False) -> None:
    """By policy is what happens without script, and a choice of those who have one."""
    fill_in(page, code, appear=appear, name=name)
    if by_policy:
        page.locator("summary", has_text="Other ways").click()
        page.get_by_role("button", name="Sign anonymously by policy").click()
    else:
        page.get_by_role("button", name="Sign the letter").click()


ORGANIZERS = {
    "organizer@example.com",
    "second.organizer@example.com",
}  # of the sample letters, told of milestones


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_slip_of_paper_signs_without_any_mail(open_context, embedded, code_for, complaints, script):
    organizer = open_context()
    sign_in(organizer, embedded, code_for)
    codes = printed(organizer)
    known = {mail["to"] for mail in embedded.mails()}
    signer, anonymous = (open_context("phone", script=script) for _ in range(2))

    if script:
        for address in ("invitation/", "invitation/token/"):
            signer.goto(f"{LETTER}{address}")
            signer.locator("main form button:visible").first.click()
            expect(signer.get_by_role("alert")).to_be_focused()
            assert findings(signer) == []
    use(signer, codes[0], appear="full", name="Alan Turing")
    expect(signer.locator("main")).to_contain_text("You have signed")
    use(anonymous, codes[1], appear="anonymous", by_policy=script)
    expect(anonymous.locator("main")).to_contain_text("You have signed")

    assert len(codes) == 40
    assert RECEIPT.search(signer.inner_text("main"))
    assert RECEIPT.search(anonymous.inner_text("main"))
    use(signer, codes[1], appear="full", name="Alan Turing")
    expect(signer.locator("main")).to_contain_text("This invitation cannot be used.")
    assert {mail["to"] for mail in embedded.mails()} <= known | ORGANIZERS
    wide = signer.evaluate("document.documentElement.scrollWidth") if script else 360
    assert (wide, complaints) == (360, [])
