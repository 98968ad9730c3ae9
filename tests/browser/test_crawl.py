"""Every public page in a real browser with script: nothing from elsewhere, no complaint of the policy, no cookie.

The addresses come from the URL configuration. A new one whose arguments are not known here, that sets a cookie, or
that answers otherwise than with a page, turns this red until it is written down here.
"""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests import addresses
from tests.browser.conftest import CLOSED, OPEN
from tests.browser.test_journey import LETTER, fill_in

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

# Pages with a form that only the browser may send which asked for it.
ANYWAY = {"token_offline", "takedown", "follow", "receipt", "abuse"}
FORMS = {OPEN: {"sign"} | ANYWAY, CLOSED: ANYWAY}
MALFORMED, NOT_BY_OPENING, NOT_FOUND, CLOSED_BY_NOW = 400, 405, 404, 409
AGAIN = {"code_again", "follow_code_again", "answer_code_again"}
STATUS = dict.fromkeys(AGAIN | {"token", "token_done"}, NOT_BY_OPENING)
STATUS |= {"oembed": MALFORMED}  # without the address of a page
# Nobody's room; tests/browser/test_responses.py opens that of a recipient.
STATUS |= dict.fromkeys(
    ("answer", "answer_mail", "answer_preview", "answer_code", "answer_published"), NOT_FOUND
)
STATUS |= {"organize": NOT_FOUND}  # nobody's invitation; tests/browser/test_organizers.py accepts one
STATUS |= {"status": NOT_FOUND, "metrics": NOT_FOUND}  # for operators
STATUS |= {"api:api-root": NOT_FOUND}  # it has no page of its own
# These letters have no invitations; tests/browser/test_invitations.py opens the pages of one that has.
STATUS |= dict.fromkeys(("invitation", "invitation_token"), NOT_FOUND)
OF_A_CLOSED_LETTER = {"sign": CLOSED_BY_NOW}
WATCHES = """document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy: ${event.violatedDirective} forbids ${event.blockedURI}`);
});"""

EVERY = addresses.public()
FILES = {"letter_pdf", "card", "mailbox_attachment"}
FOR_PROGRAMS = {name for name in EVERY if name.startswith("api:")} - {"api:openapi-view"}
FOR_PROGRAMS |= {"feed", "oembed", "healthz", "readyz", "metrics", "robots", "sitemap"}


def path(name: str, arguments: dict[str, object]) -> str:
    """The name of a signature belongs to the letter in whose list it stands."""
    known = arguments | ({"slug": CLOSED} if "pk" in EVERY[name] else {})
    return reverse(name, kwargs={argument: known[argument] for argument in EVERY[name]})


def crawl(page, names, arguments) -> dict[str, int]:
    """Open each in the browser; how it was answered."""
    return {name: opened(page, name, path(name, arguments)) for name in names}


def opened(page, name: str, url: str) -> int:
    """What opens in a program of the browser's own, or has no words, is no page and only asked for."""
    if name in FILES | FOR_PROGRAMS or STATUS.get(name) == NOT_BY_OPENING:
        return page.request.get(url).status
    return page.goto(url, wait_until="load").status


@pytest.mark.parametrize("slug", [OPEN, CLOSED])
def test_no_page_asks_anybody_else_breaks_the_policy_or_leaves_a_cookie(
    embedded, open_context, arguments, complaints, slug
):
    page, answered, left = open_context(), {}, {}
    page.add_init_script(WATCHES)
    for name in sorted(EVERY):
        answered |= crawl(page, [name], arguments | {"slug": slug})
        left |= {name: sorted(cookie["name"] for cookie in page.context.cookies())}
        page.context.clear_cookies()

    expected = dict.fromkeys(EVERY, 200) | STATUS | (OF_A_CLOSED_LETTER if slug == CLOSED else {})
    if not any(mail["attachments"] for mail in embedded.mails()):
        expected["mailbox_attachment"] = NOT_FOUND
    assert answered == expected
    assert {name: names for name, names in left.items() if names} == {name: ["csrf"] for name in FORMS[slug]}
    assert complaints == []


def test_a_signer_s_pages_ask_nobody_else_and_break_no_policy(open_context, arguments, complaints):
    """With codes on their way, the pages show the forms that they hide from others."""
    page = open_context()
    page.add_init_script(WATCHES)
    fill_in(page, LETTER, address="crawling@example.com", appear="anonymous")
    page.goto(f"{LETTER}follow/")
    page.fill("input[name=address]", "crawling@private.test")
    page.locator("main form button").first.click()
    page.wait_for_url("**/follow/code/")

    names = {name for name in EVERY if "slug" in EVERY[name]}
    crawl(page, sorted(names - {"redeem"}), arguments)
    page.goto(f"{LETTER}code/")

    assert page.locator("input[name=code]").count() > 0
    crawl(page, ["redeem"], arguments)  # which forgets on purpose what this browser asked for
    assert complaints == []


def test_what_comes_from_elsewhere_is_complained_of(open_context, complaints):
    """The control."""
    page = open_context()
    page.add_init_script(WATCHES)
    page.goto(LETTER)

    with page.expect_console_message(lambda message: message.text.startswith("policy:")):
        page.evaluate(
            "document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.test/x.png'}))"
        )

    assert [line for line in complaints if line.startswith("policy: img-src forbids https://elsewhere.test")]
