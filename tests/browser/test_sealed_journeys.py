"""Signing so that the site cannot tell whose signature it is: with our script, without any, now, later, elsewhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import LETTER, RECEIPT, fill_in, number_on, type_code
from tests.test_offline import run, values

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]


def make_token(page: Page, code: str) -> dict[str, str]:
    """From the typed code to the token as text."""
    page.fill("input[name=code]", code)
    page.press("input[name=code]", "Enter")
    expect(page.locator("h1")).to_have_text("Your token is made. It does not count yet.")
    lines = page.locator("[data-part=text]").inner_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def waits(page: Page, receipt: str) -> None:
    """The receipt finds a signature that waits for its batch."""
    page.goto("/receipt/")
    page.fill("input[name=receipt]", receipt)
    page.locator("main form button").first.click()
    expect(page.locator("main")).to_contain_text("batch")


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_a_token_is_made_and_counted_with_one_click_each(open_context, code_for, complaints, width):
    page, address = open_context(width), f"sealed.{width}@example.com"
    before = number_on(page, LETTER)
    fill_in(page, LETTER, address=address, appear="anonymous")
    expect(page.locator(".preview [data-when=sealed]")).to_be_visible()
    expect(page.locator(".preview [data-when=by-policy]")).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))

    kept = make_token(page, code_for(address))
    assert sorted(kept) == ["receipt", "signature", "token"]
    assert not any("redeem" in line for line in asked)  # nothing is handed in without a click

    with page.expect_request("**/redeem/") as handed_in:
        page.get_by_role("button", name="Count my signature now").click()
    expect(page.locator("[data-part=counted]")).to_be_visible()
    assert "cookie" not in handed_in.value.all_headers()
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    assert number_on(page, LETTER) == before
    waits(page, kept["receipt"])
    assert complaints == []


def test_a_token_is_kept_and_handed_in_by_another_browser_without_script(open_context, code_for, complaints):
    page, address = open_context("phone"), "sealed.later@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    kept = make_token(page, code_for(address))
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save it as a file").click()
    page.get_by_role("button", name="Keep it for later").click()
    expect(page.locator("[data-part=waiting]")).to_contain_text("does not count")

    text = saved.value.path().read_text()
    assert all(f"{name}: {value}" in text for name, value in kept.items())
    other = open_context(script=False)
    other.goto(f"{LETTER}redeem/")
    assert other.context.cookies() == []
    for name in ("token", "signature"):
        other.fill(f"textarea[name={name}]", kept[name])
    other.locator("main form button").click()
    expect(other.locator("h1")).to_have_text("Your signature counts")
    assert other.context.cookies() == []
    waits(other, kept["receipt"])
    assert complaints == []


def test_an_answer_that_got_lost_is_fetched_again(open_context, code_for):
    page, address = open_context(), "sealed.lost@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    code = code_for(address)

    def lose(route):
        route.fetch()  # the site has signed
        route.abort()

    page.route("**/token/", lose)
    page.fill("input[name=code]", code)
    page.press("input[name=code]", "Enter")
    expect(page.locator("#sealed-problem")).to_contain_text("Nothing is lost")
    page.unroute("**/token/")
    page.reload()

    assert make_token(page, code)["token"].startswith("undersigned1.ask-before-you-watch-us.")


def test_a_wrong_code_is_told_beside_the_field(open_context, code_for):
    page, address = open_context(), "sealed.wrong@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    page.fill("input[name=code]", "2222-2222")
    page.press("input[name=code]", "Enter")

    expect(page.locator("#sealed-problem")).to_contain_text("not the code that was sent")
    make_token(page, code_for(address))


def test_by_policy_is_a_choice(open_context, code_for, complaints):
    page, address = open_context("phone"), "policy.chosen@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    page.fill("input[name=code]", code_for(address))
    page.locator("summary", has_text="Other ways").click()
    page.get_by_role("button", name="Sign anonymously by policy").click()
    page.wait_for_url("**/signed/")

    assert RECEIPT.search(page.inner_text("main"))
    assert complaints == []


def test_one_mailbox_gets_a_token_or_a_signature(open_context, code_for):
    page, address = open_context(), "sealed.once@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    make_token(page, code_for(address))
    again = open_context()
    fill_in(again, LETTER, address=address, name="Ada Lovelace")

    type_code(again, code_for(address, number=2))

    expect(again.locator("main")).to_contain_text("already signed")


def test_without_script_the_offline_program_makes_the_token(open_context, code_for, complaints, tmp_path):
    page, address = open_context("phone", script=False), "sealed.offline@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    page.get_by_role("link", name="sign with the offline program").click()
    key_line = page.locator(".steps .address").inner_text().strip()

    blinded = run(tmp_path, "blind", paste=f"{key_line}\n").stdout.strip()
    page.fill("input[name=code]", code_for(address))
    page.fill("textarea[name=blinded]", blinded)
    page.locator("main form button").click()
    expect(page.locator("h1")).to_have_text("Give this back to the offline program")
    answer = page.locator("main .address").first.inner_text()
    assert run(tmp_path, "unblind", paste=f"{answer}\n").returncode == 0
    kept = values((tmp_path / "undersigned-token.txt").read_text())

    page.get_by_role("link", name="Where to hand it in").click()
    for name in ("token", "signature"):
        page.fill(f"textarea[name={name}]", kept[name])
    page.locator("main form button").click()
    expect(page.locator("h1")).to_have_text("Your signature counts")
    waits(page, kept["receipt"])
    assert complaints == []
