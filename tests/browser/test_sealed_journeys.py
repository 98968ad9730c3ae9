"""Signing so that the site cannot tell whose signature it is: with our script, without any, now, later, elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.test_journey import (
    LETTER,
    RECEIPT,
    fill_in,
    number_on,
    stays_or_moves_by_a_batch,
    type_code,
)
from tests.promises.processes import until
from tests.sealed import key_line_of, make_key
from tests.test_offline import run, values

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]


def make_token(page: Page, code: str) -> dict[str, str]:
    """From the typed code to the token as text."""
    page.fill("input[name=code]", code)
    page.press("input[name=code]", "Enter")
    expect(page.locator("h1")).to_have_text("Your token is made. It does not count yet.")
    lines = page.locator("[data-part=text]").inner_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def kept_in(page: Page) -> int:
    return page.evaluate("sessionStorage.length + localStorage.length")


def refused(page: Page, code: str, sentence: str) -> None:
    page.fill("input[name=code]", code)
    page.press("input[name=code]", "Enter")
    expect(page.locator("#sealed-problem")).to_contain_text(sentence)


def lose_answer(page: Page, code: str) -> dict[str, str]:
    """The site signs, and nobody hears of it. What was sent."""
    sent: list[dict[str, str]] = []

    def lose(route: Route) -> None:
        sent.append(dict(parse_qsl(route.request.post_data)))
        assert route.fetch().ok
        route.abort()

    page.route("**/token/", lose)
    refused(page, code, "Nothing is lost")
    page.unroute("**/token/")
    return sent[0]


def show_other_key(page: Page, address: str, other: Callable[[str], str]) -> None:
    """The site says another key line on its page at this address."""

    def change(route: Route) -> None:
        answer = route.fetch()
        text = re.sub(r"undersigned1-key[-.\w]+", lambda found: other(found[0]), answer.text())
        route.fulfill(response=answer, body=text)

    page.route(address, change)


def waits(page: Page, receipt: str) -> None:
    """The receipt finds an anonymous signature, which waits for its batch unless it was the last one of it."""
    page.goto("/receipt/")
    page.fill("input[name=receipt]", receipt)
    page.locator("main form button").first.click()
    expect(page.locator("main .preview").first).to_contain_text(
        re.compile("waits for its batch|One in the number")
    )


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
    expect(page.locator("h1")).to_have_text("Your signature counts")
    expect(page.locator("[data-part=text]")).to_be_hidden()
    expect(page.locator("[data-part=receipt]")).to_be_visible()
    assert {"cookie", "referer"}.isdisjoint(handed_in.value.all_headers())
    assert kept_in(page) == 0
    assert stays_or_moves_by_a_batch(page, before)
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


def cookies(page: Page) -> set[str]:
    return {cookie["name"] for cookie in page.context.cookies()}


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_the_address_is_forgotten_once_the_token_is_safe(open_context, code_for, complaints, width):
    page, address = open_context(width), f"sealed.forgotten.{width}@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    page.goto(f"{LETTER}sign/")
    expect(page.locator("input[name=address]")).to_have_value(address)
    page.go_back()
    posted: list[str] = []
    page.on("request", lambda asked: posted.append(asked.url) if asked.method == "POST" else None)

    kept = make_token(page, code_for(address))
    assert [url.partition(LETTER)[2] for url in posted] == ["token/", "token/done/"]  # before any click
    assert "sign" not in cookies(page)

    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("[data-part=text]")).to_contain_text(kept["token"])
    other = page.context.new_page()
    other.goto(f"{LETTER}sign/")
    expect(other.locator("input[name=address]")).to_have_value("")
    other.goto(f"{LETTER}code/")
    expect(other.locator("h1")).to_have_text("This browser asked for no code")
    page.get_by_role("button", name="Count my signature now").click()
    expect(page.locator("[data-part=counted]")).to_be_visible()
    page.reload()
    expect(page.locator("h1")).to_have_text("This browser asked for no code")
    assert complaints == []


def test_forgetting_that_gets_no_answer_loses_nothing(open_context, code_for):
    page, address = open_context(), "sealed.unforgotten@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    page.route("**/token/done/", lambda route: route.abort())
    kept = make_token(page, code_for(address))
    assert "sign" in cookies(page)

    page.unroute("**/token/done/")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()

    expect(page.locator("[data-part=text]")).to_contain_text(kept["token"])
    assert "sign" not in cookies(page)


def test_an_answer_that_got_lost_is_fetched_again(open_context, code_for):
    page, address = open_context(), "sealed.lost@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    code = code_for(address)
    lose_answer(page, code)
    page.reload()

    assert make_token(page, code)["token"].startswith("undersigned1.ask-before-you-watch-us.")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("2222-2222", "cannot be used any more"),
        ("ABCD-234", "eight characters"),
        ("cookie", "asked for no code"),
    ],
)
def test_a_signed_token_outlives_every_refusal(open_context, code_for, harm, sentence):
    page, address = open_context(), f"sealed.{harm}@example.com".lower()
    fill_in(page, LETTER, address=address, appear="anonymous")
    code = code_for(address)
    lose_answer(page, code)
    if harm == "cookie":
        page.context.clear_cookies(name="sign")
    refused(page, code if harm == "cookie" else harm, sentence)

    fill_in(page, LETTER, address=address, appear="anonymous")

    assert make_token(page, code_for(address, number=2))["token"]


def test_a_token_for_the_former_text_is_asked_for_first(open_context, code_for):
    page, address, former = open_context(), "sealed.corrected@example.com", "ab" * 32
    fill_in(page, LETTER, address=address, appear="anonymous")
    code = code_for(address)
    show_other_key(page, "**/code/", lambda line: re.sub(r"\.[0-9a-f]{64}\.", f".{former}.", line))
    page.reload()
    assert former in page.locator("form[data-sealed]").get_attribute("data-key-line")
    lose_answer(page, code)
    page.unroute("**/code/")
    page.reload()
    assert former not in page.locator("form[data-sealed]").get_attribute("data-key-line")

    assert f".{former}." in make_token(page, code)["token"]


def test_a_hidden_token_that_was_never_signed_gives_way_to_the_text_in_force(open_context, code_for):
    page, address, former = open_context(), "sealed.refused@example.com", "ab" * 32
    fill_in(page, LETTER, address=address, appear="anonymous")
    code = code_for(address)
    show_other_key(page, "**/code/", lambda line: re.sub(r"\.[0-9a-f]{64}\.", f".{former}.", line))
    page.reload()
    assert former in page.locator("form[data-sealed]").get_attribute("data-key-line")
    refused(page, "2222-2222", "not the code that was sent")
    page.unroute("**/code/")
    page.reload()

    assert f".{former}." not in make_token(page, code)["token"]


def test_two_people_in_one_tab_get_a_token_each(open_context, code_for):
    page, people = open_context(), ["sealed.first@example.com", "sealed.second@example.com"]
    fill_in(page, LETTER, address=people[0], appear="anonymous")
    first = lose_answer(page, code_for(people[0]))
    fill_in(page, LETTER, address=people[1], appear="anonymous")

    second = lose_answer(page, code := code_for(people[1]))
    assert first["blinded"] != second["blinded"]
    kept = [make_token(page, code)]
    page.get_by_role("link", name="Save it as a file").click()
    fill_in(page, LETTER, address=people[0], appear="anonymous")
    kept.append(make_token(page, code_for(people[0], number=2)))
    page.get_by_role("link", name="Save it as a file").click()

    assert kept[0]["token"] != kept[1]["token"]
    assert kept_in(page) == 0


def copy_text(page: Page) -> None:
    page.locator("[data-part=text]").click()  # marks all of it
    page.keyboard.press("Control+C")


@pytest.mark.parametrize("ending", ["Count my signature now", "Save it as a file", "copied"])
def test_a_token_stays_in_its_tab_until_it_is_safe(open_context, code_for, complaints, ending):
    page, address = open_context(), f"sealed.{ending[:4].lower()}@example.com"
    warned: list[str] = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    fill_in(page, LETTER, address=address, appear="anonymous")
    kept = make_token(page, code_for(address))

    page.reload()
    expect(page.locator("h1")).to_have_text("Your token is made. It does not count yet.")
    assert all(value in page.locator("[data-part=text]").inner_text() for value in kept.values())
    page.goto(LETTER)
    assert "inverse" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.go_back()
    expect(page.locator("[data-part=text]")).to_contain_text(kept["token"])
    assert set(warned) == {"beforeunload"}

    warned.clear()
    if ending == "copied":
        copy_text(page)
    else:
        page.get_by_text(ending, exact=False).first.click()
    until(lambda: kept_in(page) == 0)
    page.goto(LETTER)
    assert (warned, complaints) == ([], [])


def test_a_token_that_is_kept_for_later_and_not_saved_yet_stays_in_its_tab(open_context, code_for):
    page, address = open_context("phone"), "sealed.unsaved@example.com"
    warned: list[str] = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    fill_in(page, LETTER, address=address, appear="anonymous")
    kept = make_token(page, code_for(address))
    page.get_by_role("button", name="Keep it for later").click()
    expect(page.locator("h1")).to_have_text("Save it now, hand it in later")

    page.reload()
    expect(page.locator("[data-part=text]")).to_contain_text(kept["token"])
    page.get_by_role("button", name="Keep it for later").click()
    page.get_by_role("link", name="Save it as a file").click()
    until(lambda: kept_in(page) == 0)
    page.goto(LETTER)

    assert warned == ["beforeunload"]


def test_a_token_of_a_key_that_strangers_do_not_see_is_not_handed_in(open_context, code_for):
    page, address = open_context(), "sealed.tagged@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    make_token(page, code_for(address))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show_other_key(page, "**/verify/", lambda line: key_line_of(make_key("another")))

    with page.expect_request("**/verify/") as compared:
        page.get_by_role("button", name="Count my signature now").click()

    expect(page.locator("[data-part=problem]")).to_contain_text("Strangers are shown a different key")
    assert {"cookie", "referer"}.isdisjoint(compared.value.all_headers())
    assert not any("redeem" in url for url in asked)
    assert kept_in(page) == 1


@pytest.mark.parametrize("status", [429, 500])
def test_a_token_that_cannot_be_counted_now_is_not_lost(open_context, code_for, status):
    page, address = open_context(), f"sealed.{status}@example.com"
    fill_in(page, LETTER, address=address, appear="anonymous")
    make_token(page, code_for(address))
    page.route("**/redeem/", lambda route: route.fulfill(status=status, body="<h1>No</h1>"))
    page.get_by_role("button", name="Count my signature now").click()
    problem = page.locator("[data-part=problem]")
    expect(problem).to_contain_text("The token is not lost: please try again later")
    expect(problem).not_to_contain_text("code")

    page.unroute("**/redeem/")
    page.get_by_role("button", name="Count my signature now").click()

    expect(page.locator("[data-part=counted]")).to_be_visible()
    assert kept_in(page) == 0


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


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_without_script_the_offline_program_makes_the_token(
    open_context, code_for, complaints, tmp_path, width
):
    page, address = open_context(width, script=False), f"sealed.offline.{width}@example.com"
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

    assert {cookie["name"] for cookie in page.context.cookies()} == {"sign", "csrf"}
    page.get_by_role("link", name="Where to hand it in").click()
    expect(page.locator("main")).to_contain_text("private window or another browser")
    for name in ("token", "signature"):
        page.fill(f"textarea[name={name}]", kept[name])
    with page.expect_request(lambda request: request.method == "POST") as handed_in:
        page.locator("main form button").click()
    expect(page.locator("h1")).to_have_text("Your signature counts")
    assert "cookie" not in handed_in.value.all_headers()
    assert page.context.cookies() == []
    waits(page, kept["receipt"])
    assert complaints == []
