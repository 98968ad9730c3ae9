"""axe-core finds nothing on any page, on a phone and a desktop, in light and dark, left-to-right and right-to-left.

The addresses come from the URL configuration, so that a new page is looked at too. What only a recipient or a holder
of an invitation sees is looked at where it is made: test_responses.py, test_invitations.py.
"""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests.browser.axe import LOOKS, TIGHT, findings
from tests.browser.test_crawl import AGAIN, CLOSED, EVERY, FILES, FOR_PROGRAMS, path
from tests.browser.test_following import post_update
from tests.browser.test_journey import LETTER, RECEIPT, fill_in, type_code
from tests.browser.test_sealed_journeys import make_token
from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

# The first five are the same 404 as any other here; a mail is framed, and looked at as a mail.
LEFT_OUT = {
    "answer_mail",
    "answer_preview",
    "answer_code",
    "answer_published",
    "invitation_token",
    "mailbox_html",
    "token",
}
PAGES = sorted(set(EVERY) - AGAIN - FILES - FOR_PROGRAMS - LEFT_OUT)
OTHERWISE_WHEN_CLOSED = ["letter", "sign", "code", "signatures", "verify", "embed"]
WAY_OUT = re.compile(r"/unsubscribe/\S+/")
ORGANIZER = "organizer@example.com"
STATES = [
    "/?q=police",
    "/?q=nothing-of-the-kind",
    "/no/such/page/",
    f"/letters/{CLOSED}/signatures/?q=engineer",
    f"/letters/{CLOSED}/signatures/?q=nobody-of-this-name",
    "/accounts/signup/",
    "/accounts/link/of-nobody/",
]
OF_AN_ACCOUNT = ["email/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/", "2fa/webauthn/add/", "logout/"]


def send(page: Page, **fields: str) -> None:
    """Fill the first form of the page and send it."""
    for name, value in fields.items():
        page.fill(f"main [name={name}]", value)
    with page.expect_navigation():
        page.locator("main form:not([role=search]) button:visible").first.click()


def withdraw(page: Page) -> None:
    page.locator("summary", has_text=re.compile("withdraw", re.I)).click()
    page.locator("button[name=act][value=withdraw]").click()
    expect(page.locator("main")).to_contain_text("no longer counts")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wrong_with_a_page(open_context, arguments, complaints, name):
    page = open_context()
    answer = page.goto(path(name, arguments))

    assert "text/html" in answer.headers["content-type"]
    assert findings(page) == []
    assert complaints == []


@pytest.mark.parametrize("name", OTHERWISE_WHEN_CLOSED)
def test_nothing_is_wrong_with_a_page_of_a_closed_letter(open_context, arguments, complaints, name):
    page = open_context()
    page.goto(path(name, arguments | {"slug": CLOSED}))

    assert findings(page) == []
    assert complaints == []


@pytest.mark.parametrize("address", STATES)
def test_nothing_is_wrong_with_another_state_of_a_page(open_context, address):
    page = open_context()
    page.goto(address)

    assert findings(page) == []


def test_nothing_is_wrong_from_the_form_to_the_withdrawn_signature(open_context, code_for, complaints):
    page, address, found = open_context(), "axe.named@example.com", {}
    page.goto(f"{LETTER}sign/")
    send(page)
    found["sign, refused"] = findings(page)
    page.locator("input[name=appear][value=role]").check()
    found["sign, role only"] = findings(page)
    fill_in(page, LETTER, address=address, name="Ada Axe", role="Engineer")
    found["code"] = findings(page)
    type_code(page, "2222-2222")
    found["code, refused"] = findings(page)
    type_code(page, code_for(address))
    found["signed"] = findings(page)
    receipt = RECEIPT.search(page.inner_text("main"))[0]
    page.goto("/receipt/")
    send(page, receipt="nothing of the kind")
    found["receipt, refused"] = findings(page)
    send(page, receipt=receipt)
    found["manage"] = findings(page)
    withdraw(page)
    found["withdrawn"] = findings(page)

    assert {state: what for state, what in found.items() if what} == {}
    assert complaints == []


def test_nothing_is_wrong_with_an_anonymous_signature(open_context, code_for, complaints):
    page, address, found = open_context(), "axe.sealed@example.com", {}
    page.goto(f"{LETTER}sign/")
    page.locator("input[name=appear][value=anonymous]").check()
    found["sign, anonymous"] = findings(page)
    fill_in(page, LETTER, address=address, appear="anonymous")
    found["code, sealed"] = findings(page)
    make_token(page, code_for(address))
    found["token"] = findings(page)
    page.get_by_role("button", name="Keep it for later").click()
    found["token, kept"] = findings(page)

    assert {state: what for state, what in found.items() if what} == {}
    assert complaints == []


def test_nothing_is_wrong_without_scripts(open_context, code_for):
    """They are not loaded, as if there were none; axe needs one itself."""
    page, address, found = open_context(), "axe.policy@example.com", {}
    page.route("**/*.js", lambda route: route.abort())
    fill_in(page, LETTER, address=address, appear="anonymous")
    found["code, by policy"] = findings(page)
    type_code(page, code_for(address))
    expect(page.locator("h1")).to_have_text("You have signed")
    found["signed, by policy"] = findings(page)
    receipt = RECEIPT.search(page.inner_text("main"))[0]
    page.goto("/receipt/")
    send(page, receipt=receipt)
    found["manage, waiting"] = findings(page)
    withdraw(page)  # it would bring the batch of other tests nearer
    page.goto(LETTER)
    found["letter"] = findings(page)

    assert {state: what for state, what in found.items() if what} == {}


def ways_out(embedded, address: str) -> list[str]:
    """The links that end the mails to an address."""
    return [link for mail in embedded.mails_to(address) for link in WAY_OUT.findall(mail["text"])]


def test_nothing_is_wrong_with_following(open_context, embedded, code_for, complaints):
    page, address, found = open_context(), "axe@private.test", {}
    page.goto(f"{LETTER}follow/")
    send(page, address="axe@example.com")
    found["follow, refused"] = findings(page)
    send(page, address=address)
    found["code"] = findings(page)
    type_code(page, "2222-2222")
    found["code, refused"] = findings(page)
    type_code(page, code_for(address))
    expect(page.locator("h1")).to_have_text("You follow this letter")
    found["followed"] = findings(page)
    post_update(embedded, "We were heard")
    page.goto(until(lambda: ways_out(embedded, address))[0])
    found["unsubscribe"] = findings(page)
    send(page)
    expect(page.locator("h1")).to_have_text("No mails any more")

    assert {state: what for state, what in found.items() if what} == {}
    assert complaints == []


@pytest.mark.parametrize("name", ["takedown", "abuse", "redeem", "token_offline"])
def test_nothing_is_wrong_with_a_refused_form(open_context, arguments, complaints, name):
    page = open_context()
    page.goto(path(name, arguments))
    send(page)

    expect(page.get_by_role("alert")).to_be_focused()
    assert findings(page) == []
    assert complaints == []


def test_nothing_is_wrong_for_an_organizer_who_signs_in(open_context, embedded, code_for, complaints):
    page, found = open_context(), {}
    page.goto("/accounts/login/")
    send(page)
    found["login, refused"] = findings(page)
    sent = len(embedded.mails_to(ORGANIZER))
    send(page, login=ORGANIZER)
    found["login, code"] = findings(page)
    type_code(page, code_for(ORGANIZER, number=sent + 1))
    for address in OF_AN_ACCOUNT:
        page.goto(f"/accounts/{address}")
        found[address] = findings(page)

    assert {state: what for state, what in found.items() if what} == {}
    assert complaints == []


@pytest.mark.parametrize("status", [400, 403, 413, 429, 500, 503])
def test_nothing_is_wrong_with_a_page_about_an_error(open_context, status):
    """Drawn without a request, as its view does it: most of them nobody can bring about from a browser."""
    body = render_to_string(f"errors/{status}.html", {"seconds": 60, "minutes": 1})
    page = open_context()
    page.route("**/error/", lambda route: route.fulfill(status=status, content_type="text/html", body=body))
    page.goto("/error/")

    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.styleSheets.length") == 1
    assert findings(page) == []


def test_faults_are_found(open_context):
    """The control: a field without a name, words too faint to read, and a line that does not fit."""
    page = open_context()
    page.goto("/safety/")
    page.evaluate("""() => {
        const line = Object.assign(document.createElement("p"), {textContent: "W".repeat(100)});
        Object.assign(line.style, {color: "#999999", overflowWrap: "normal"});
        document.querySelector("main").append(document.createElement("input"), line);
    }""")

    found = findings(page)

    assert {line.partition(" at ")[0] for line in found if " at " in line} == {
        "(360, 'light', 'ltr'): color-contrast",
        "(1280, 'light', 'rtl'): color-contrast",
        *(f"{look}: label" for look in LOOKS),
    }
    assert len([line for line in found if line.endswith("wider than the screen")]) == len(TIGHT)
