"""What a newcomer does after `make run`, in a real browser: sign, be counted, organize, deliver, read."""

from __future__ import annotations

import io
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

LETTER = "/letters/ask-before-you-watch-us/"
BATCH = 10  # anonymous signatures that are published together
signed_in: dict[tuple[str, str], list[Any]] = {}  # cookies by site and address
WAYS = pytest.mark.parametrize(
    ("width", "script"), [("phone", True), ("phone", False), ("desktop", True), ("desktop", False)]
)
RECEIPT = re.compile(r"(?:[2-9A-Z]{4}-){6}[2-9A-Z]{4}")


def fill_in(
    page: Page, letter: str, *, address: str, appear: str = "full", name: str = "", role: str = ""
) -> None:
    page.goto(f"{letter}sign/")
    page.locator(f"input[name=appear][value={appear}]").check()
    if name:
        page.fill("input[name=name]", name)
    if role:
        page.fill("input[name=role]", role)
    page.fill("input[name=address]", address)
    page.locator("main form button").first.click()
    page.wait_for_url("**/code/")


def type_code(page: Page, code: str) -> None:
    page.fill("input[name=code]", code)
    with page.expect_navigation():
        page.press("input[name=code]", "Enter")


def stays_or_moves_by_a_batch(page: Page, before: int) -> bool:
    """After an anonymous signature. With those of other tests it may be the last of a batch, which is published."""
    return number_on(page, LETTER) - before in (0, BATCH)


def number_on(page: Page, letter: str) -> int:
    page.goto(letter)
    shown = page.locator("#count").first
    return int(re.sub(r"\D", "", shown.inner_text()))


@WAYS
def test_a_signer_signs_once_and_withdraws(open_context, code_for, complaints, width, script):
    page, address = open_context(width, script=script), f"ada.{width}.{script}@example.com"
    before = number_on(page, LETTER)

    fill_in(page, LETTER, address=address, name="Ada Lovelace", role="Engineer")
    expect(page.locator("main")).to_contain_text("Ada Lovelace, Engineer")
    type_code(page, code_for(address))
    receipt = RECEIPT.search(page.inner_text("main"))[0]
    until(lambda: number_on(page, LETTER) == before + 1)
    expect(page.locator("main")).to_contain_text("Ada Lovelace")

    stranger = open_context(width, script=script)
    spelled = f"ADA.{width}.{script}+again@example.com"
    fill_in(stranger, LETTER, address=spelled, name="Ada Twice")
    expect(stranger.locator("main")).not_to_contain_text("already")
    type_code(stranger, code_for(spelled))
    expect(stranger.locator("main")).to_contain_text("already signed")

    page.goto("/receipt/")
    page.fill("input[name=receipt]", receipt.lower())
    page.locator("main form button").first.click()
    expect(page.locator("main")).to_contain_text("Ada Lovelace, Engineer")
    page.locator("summary", has_text=re.compile("withdraw", re.I)).click()
    page.locator("button[name=act][value=withdraw]").click()
    expect(page.locator("main")).to_contain_text("no longer counts")
    until(lambda: number_on(page, LETTER) == before)
    assert complaints == []


@WAYS
def test_an_anonymous_signature_by_policy_waits_for_company(
    open_context, code_for, complaints, width, script
):
    page, address = open_context(width, script=script), f"grace.{width}.{script}@example.com"
    before = number_on(page, LETTER)

    fill_in(page, LETTER, address=address, appear="anonymous")
    if script:  # it is one of two ways then, and the only one without
        page.locator("summary", has_text="Other ways").click()
    page.fill("input[name=code]", code_for(address))
    page.get_by_role("button", name="Sign anonymously by policy" if script else "Sign the letter").click()
    page.wait_for_url("**/signed/")

    receipt = RECEIPT.search(page.inner_text("main"))[0]
    assert stays_or_moves_by_a_batch(page, before)
    page.goto("/receipt/")
    page.fill("input[name=receipt]", receipt)
    page.locator("main form button").first.click()
    page.locator("summary", has_text=re.compile("withdraw", re.I)).click()
    page.locator("button[name=act][value=withdraw]").click()
    expect(page.locator("main")).to_contain_text("no longer counts")
    assert complaints == []


def test_a_code_typed_in_another_browser_does_nothing(open_context, code_for):
    page, address = open_context(), "mary.twobrowsers@example.com"
    fill_in(page, LETTER, address=address, name="Mary Jackson")
    other = open_context()

    other.goto(f"{LETTER}code/")

    expect(other.locator("main")).to_contain_text("browser")
    assert other.locator("input[name=code]").count() == 0
    type_code(page, code_for(address))
    assert RECEIPT.search(page.inner_text("main"))


def sign_in(page: Page, embedded, code_for, address: str = "organizer@example.com") -> None:
    """By a code, once: later pages get the cookies, since no address is sent more than a few codes in a minute."""
    account = embedded.url, address
    if account in signed_in:
        page.context.add_cookies(signed_in[account])
        page.goto("/admin/")
        return
    sent = len(embedded.mails_to(address))
    page.goto("/admin/")
    page.fill("input[name=login]", address)
    page.press("input[name=login]", "Enter")
    page.wait_for_url("**/code/confirm/**")
    page.fill("input[name=code]", code_for(address, number=sent + 1))
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/admin/**")
    signed_in[account] = page.context.cookies()


def test_an_organizer_takes_a_letter_from_draft_to_delivery(open_context, embedded, code_for, complaints):
    page = open_context()
    sign_in(page, embedded, code_for)

    write(page)
    public = confirm_opening(page)
    signer = open_context("phone")
    fill_in(signer, public, address="kim.first@example.com", name="Kim First", role="Nurse")
    type_code(signer, code_for("kim.first@example.com"))
    until(lambda: number_on(signer, public) == 1)

    press(page, "Close")
    page.locator("#content").get_by_role("link", name=re.compile("^Deliver…")).first.click()
    see_a_test_mail(page, embedded, "Pay the night shift fairly")
    type_title(page, "Pay the night shift fairly")
    mails = until(lambda: delivered(embedded, "Pay the night shift fairly"), 60)

    assert sorted(mail["to"] for mail in mails) == ["chief@board.example.com", "people@board.example.com"]
    for mail in mails:
        check_mail(mail)
    page.reload()
    expect(page.locator("#content")).to_contain_text("accepted by the mail server")
    signer.goto("/mailbox/")
    expect(signer.locator("main")).to_contain_text("Pay the night shift fairly")
    assert complaints == []


def write(page: Page) -> None:
    """A letter with three demands and two recipients, on one page."""
    page.goto("/admin/petitions/letter/add/")
    page.fill("#id_title", "Pay the night shift fairly")
    page.fill("#id_text", "Nights are **longer** than days.\n\nWe ask you to see that.")
    page.fill("#id_signing_line", "Employees of Example")
    page.select_option("#id_workplaces_from", label="Example Corporation")
    page.locator("#id_workplaces_add, .selector-add").first.click()
    for number, title in enumerate(["Pay a third more", "Let us choose", "Heat the hall"]):
        page.fill(f"#id_demands-{number}-title", title)
    for number, (name, address) in enumerate([("Chris Chief", "chief"), ("Pat People", "people")]):
        page.fill(f"#id_recipients-{number}-name", name)
        page.fill(f"#id_recipients-{number}-address", f"{address}@board.example.com")
    page.fill("#id_milestones-0-threshold", "1")
    with page.expect_navigation():
        page.locator("input[name=_save]").click()


def press(page: Page, name: str) -> None:
    """A step of the letter's life: its button, then the page that asks first."""
    page.locator("#content").get_by_role("link", name=re.compile(f"^{name}")).first.click()
    with page.expect_navigation():
        page.locator("#content form button").first.click()
    expect(page).to_have_url(re.compile("/change/$"))


def see_a_test_mail(page: Page, embedded, title: str) -> None:
    page.get_by_role("button", name="Send me a test mail").click()
    expect(page.locator(".messagelist")).to_contain_text("on its way to organizer@example.com")
    until(lambda: [mail for mail in embedded.mails() if mail["subject"] == f"Test: {title}"])


def type_title(page: Page, title: str) -> None:
    """It is asked for, and forgiven its capitals."""
    button = page.get_by_role("button", name="Deliver the letter")
    button.click()
    expect(page.locator("#content")).to_contain_text("Please type the title of the letter.")
    page.fill("#id_title", title.upper())
    button.click()
    expect(page).to_have_url(re.compile("/deliveries/$"))


def confirm_opening(page: Page) -> str:
    press(page, "Open")
    return (
        page.locator("#content a[href*='/letters/']")
        .first.get_attribute("href")
        .replace(page.url.split("/admin")[0], "")
    )


def delivered(embedded, title: str):
    found = [mail for mail in embedded.mails() if mail["subject"] == title]
    return found if len(found) >= 2 else []


def check_mail(mail, title: str = "Pay the night shift fairly", signer: str = "Kim First, Nurse") -> None:
    for demand in ("1. Pay a third more", "2. Let us choose", "3. Heat the hall"):
        assert demand in mail["text"]
    assert "1 signature: 1 named, 0 anonymous." in mail["text"]
    assert "<strong" in mail["html"]
    (pdf,) = mail["attachments"]
    with urllib.request.urlopen(pdf["url"], timeout=60) as answer:
        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.read())).pages)
    for words in (title, "Heat the hall", signer):
        assert words in " ".join(text.split())
