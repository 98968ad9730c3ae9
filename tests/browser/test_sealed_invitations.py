"""Invitations used so that the site cannot tell whose signature it is, with our script: now, later, elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.test_invitations import fill_in, printed
from tests.browser.test_journey import LETTER, RECEIPT, WAYS, sign_in
from tests.browser.test_sealed_journeys import kept_in, waits

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

PAGE = f"{LETTER}invitation/"
EARLIER = "ab" * 32


@pytest.fixture(scope="module")
def sheets(chromium: Browser, embedded, code_for) -> Iterator[dict[str, list[str]]]:
    """Codes that an organizer printed: for people who work there, and for those who used to."""
    context = chromium.new_context(base_url=embedded.url)
    page = context.new_page()
    sign_in(page, embedded, code_for)
    yield {proof: printed(page, proof) for proof in ("invitation", "former")}
    context.close()


@pytest.fixture
def slip(sheets):
    """A code of its own for each test, as from a pile of slips."""
    return lambda proof="invitation": sheets[proof].pop()


def make_token(page: Page, code: str) -> dict[str, str]:
    fill_in(page, code, appear="anonymous")
    page.get_by_role("button", name="Make my token").click()
    return shown_on(page)


def shown_on(page: Page) -> dict[str, str]:
    expect(page.locator("h1")).to_have_text("Your token is made. It does not count yet.")
    lines = page.locator("[data-part=text]").inner_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def refused(page: Page, sentence: str) -> None:
    page.get_by_role("button", name="Make my token").click()
    expect(page.locator("#sealed-problem")).to_contain_text(sentence)


def lose_answer(page: Page) -> dict[str, str]:
    """The site signs, and nobody hears of it. What was sent."""
    sent: list[dict[str, str]] = []

    def lose(route: Route) -> None:
        sent.append(dict(parse_qsl(route.request.post_data)))
        assert route.fetch().ok
        route.abort()

    page.route("**/invitation/token/", lose)
    refused(page, "Nothing is lost")
    page.unroute("**/invitation/token/")
    return sent[0]


def show_earlier_text(page: Page) -> None:
    """The page as it was before the text was corrected, until `page.unroute`."""

    def change(route: Route) -> None:
        answer = route.fetch()
        text = re.sub(
            r"(undersigned1-key\.[-\w]+\.|name=\"version\" value=\")[0-9a-f]{64}",
            rf"\g<1>{EARLIER}",
            answer.text(),
        )
        route.fulfill(response=answer, body=text)

    page.route(f"**{PAGE}", change)


@pytest.mark.parametrize("width", ["phone", "desktop"])
@pytest.mark.parametrize("proof", ["invitation", "former"])
def test_a_slip_makes_a_token_that_counts_with_a_click(open_context, slip, complaints, proof, width):
    page = open_context(width)
    page.goto(f"{LETTER}verify/")
    key_ids = ["".join(shown.split()) for shown in page.locator(".fingerprint").all_inner_texts()]
    posted: list[str] = []
    page.on(
        "request",
        lambda asked: posted.append(asked.url.partition(LETTER)[2]) if asked.method == "POST" else None,
    )

    kept = make_token(page, slip(proof))

    assert posted == ["invitation/token/", "token/done/"]  # nothing is handed in without a click
    assert key_ids.index(kept["token"].split(".")[3]) == ["mailbox", "invitation", "former"].index(proof)
    expect(page.get_by_text("It is better to keep yours for later.")).to_be_visible()
    with page.expect_request("**/redeem/") as handed_in:
        page.get_by_role("button", name="Count my signature now").click()
    expect(page.locator("[data-part=counted]")).to_be_visible()
    assert {"cookie", "referer"}.isdisjoint(handed_in.value.all_headers())
    assert kept_in(page) == 0
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]
    waits(page, kept["receipt"])
    assert complaints == []


def test_enter_in_the_field_does_what_the_button_does(open_context, slip):
    page = open_context()
    fill_in(page, slip(), appear="anonymous")
    page.press("input[name=invitation]", "Enter")
    assert shown_on(page)["token"]

    named = open_context()
    fill_in(named, slip(), appear="role")
    named.fill("input[name=role]", "Nurse")
    expect(named.get_by_role("button", name="Make my token")).to_be_hidden()
    named.press("input[name=invitation]", "Enter")
    expect(named.locator("main")).to_contain_text("You have signed")


def test_tokens_of_current_and_former_employees_are_of_different_keys(open_context, slip):
    tokens = [make_token(open_context(), slip(proof))["token"] for proof in ("invitation", "former")]

    assert tokens[0].split(".")[3] != tokens[1].split(".")[3]


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_a_token_of_a_slip_is_kept_and_handed_in_by_a_browser_that_never_was_here(
    open_context, slip, complaints, width
):
    page = open_context(width)
    kept = make_token(page, slip())
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save it as a file").click()
    page.get_by_role("button", name="Keep it for later").click()
    expect(page.locator("[data-part=waiting]")).to_contain_text("does not count")
    assert kept_in(page) == 0
    assert all(f"{name}: {value}" in saved.value.path().read_text() for name, value in kept.items())

    other = open_context(width, script=False)
    other.goto(f"{LETTER}redeem/")
    expect(other.locator("main")).to_contain_text(kept["token"].split(".")[3])
    for name in ("token", "signature"):
        other.fill(f"textarea[name={name}]", kept[name])
    with other.expect_request(lambda asked: asked.method == "POST") as handed_in:
        other.locator("main form button").click()
    expect(other.locator("h1")).to_have_text("Your signature counts")
    assert "cookie" not in handed_in.value.all_headers()
    assert other.context.cookies() == []
    waits(other, kept["receipt"])
    assert complaints == []


def test_an_answer_that_got_lost_is_fetched_again_with_the_same_slip(open_context, slip):
    page, code = open_context(), slip()
    fill_in(page, code, appear="anonymous")
    lost = lose_answer(page)
    assert code.replace("-", "") not in page.evaluate("JSON.stringify(sessionStorage)")
    page.reload()
    sent: list[dict[str, str]] = []
    page.on(
        "request", lambda asked: sent.append(dict(parse_qsl(asked.post_data))) if asked.post_data else None
    )

    kept = make_token(page, code)

    assert sent[0]["blinded"] == lost["blinded"]
    assert "inverse" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    assert shown_on(page) == kept


def test_a_used_slip_a_wrong_one_and_a_mistyped_one_end_clearly_and_keep_what_was_typed(open_context, slip):
    page, code = open_context("phone"), slip()
    make_token(open_context(), code)

    for typed, sentence in {
        code: "This invitation cannot be used.",
        "2222-2222-2222-2222": "This invitation cannot be used.",
        "ABCD": "An invitation has four groups of four letters and digits.",
        "": "Please type the code of your invitation.",
    }.items():
        fill_in(page, typed, appear="anonymous")
        refused(page, sentence)
        expect(page.locator("input[name=invitation]")).to_have_value(typed.lower().replace("-", " "))
        expect(page.locator("input[value=anonymous]")).to_be_checked()
        assert kept_in(page) == 0


def test_whoever_waits_too_long_or_comes_too_often_loses_nothing(open_context, slip):
    page, code = open_context(), slip()
    fill_in(page, code, appear="anonymous")
    closed = {"error": "not_open", "sentence": "This letter takes no signatures at this moment."}
    page.route("**/invitation/token/", lambda route: route.fulfill(status=409, json=closed))
    refused(page, closed["sentence"])
    page.unroute("**/invitation/token/")
    page.route("**/invitation/token/", lambda route: route.fulfill(status=429, body="<h1>Too often</h1>"))
    refused(page, "Nothing is lost")
    page.unroute("**/invitation/token/")

    page.get_by_role("button", name="Make my token").click()

    assert shown_on(page)["token"]


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_a_text_that_was_corrected_meanwhile_is_read_first(open_context, slip, complaints, width):
    page, code = open_context(width), slip()
    show_earlier_text(page)
    fill_in(page, code, appear="anonymous")
    expect(page.locator("input[name=version]")).to_have_value(EARLIER)
    page.unroute(f"**{PAGE}")

    refused(page, "The text was corrected meanwhile. Nothing was signed")
    expect(page.locator("input[name=invitation]")).to_have_value(code.lower().replace("-", " "))
    expect(page.locator("input[name=version]")).not_to_have_value(EARLIER)
    with page.expect_popup() as letter:
        page.get_by_role("link", name="Read it in a new tab").click()
    expect(letter.value.locator("h1")).to_contain_text("Ask us before you watch us work")
    page.get_by_role("button", name="Make my token").click()

    assert EARLIER not in shown_on(page)["token"]
    assert complaints == []


@WAYS
def test_a_named_signer_reads_the_corrected_text_first_and_types_nothing_twice(
    open_context, slip, complaints, width, script
):
    page, code = open_context(width, script=script), slip()
    show_earlier_text(page)
    fill_in(page, code, appear="full", name="Grace Hopper")
    page.unroute(f"**{PAGE}")
    page.get_by_role("button", name="Sign the letter").click()
    expect(page.locator(".errors")).to_contain_text("The text was corrected meanwhile.")
    expect(page.locator("input[name=name]")).to_have_value("Grace Hopper")

    page.get_by_role("button", name="Sign the letter").click()

    expect(page.locator("main")).to_contain_text("You have signed")
    assert RECEIPT.search(page.inner_text("main"))
    assert complaints == []


def test_a_browser_that_had_asked_for_a_code_forgets_the_address_with_the_token_of_a_slip(open_context, slip):
    page = open_context()
    page.goto(f"{LETTER}sign/")
    page.locator("input[name=appear][value=anonymous]").check()
    page.fill("input[name=address]", "asked.before@example.com")
    page.locator("main form button").first.click()
    page.wait_for_url("**/code/")

    make_token(page, slip())

    assert "sign" not in {cookie["name"] for cookie in page.context.cookies()}
