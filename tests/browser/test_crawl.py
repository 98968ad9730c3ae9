"""Every public page in a real browser with script: nothing from elsewhere, no complaint of the policy, no cookie.

The addresses come from the URL configuration. A new one whose arguments are not known here, that sets a cookie, or
that answers otherwise than with a page, turns this red until it is written down.
"""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests import addresses
from tests.browser.test_journey import LETTER, fill_in
from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

OPEN, CLOSED = LETTER.split("/")[2], "facial-recognition-2018"
# Pages with a form that only this browser may send.
FORMS = {"sign", "invitation", "takedown", "follow", "receipt", "abuse"}
FILES = {"letter_pdf", "mailbox_attachment"}
NOT_BY_OPENING = 405
STATUS = dict.fromkeys(
    ("code_again", "token", "token_offline", "follow_code_again", "invitation_token"), NOT_BY_OPENING
)
WATCHES = """document.addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy: ${event.violatedDirective} forbids ${event.blockedURI}`);
});"""


EVERY = addresses.public()


@pytest.fixture
def arguments(embedded, open_context):
    """A value for each argument that an address takes."""
    page, mails = open_context(), until(embedded.mails)
    page.goto(f"/letters/{CLOSED}/signatures/")
    name = re.search(r"signatures/([\w-]{36})/takedown", page.content())[1]
    mail = max(mails, key=lambda mail: (len(mail["attachments"]), bool(mail["html"])))
    return {"slug": OPEN, "pk": name, "secret": "of-nobody", "key": mail["key"], "number": 0}


def path(name: str, arguments: dict[str, object]) -> str:
    """The name of a signature belongs to the letter in whose list it stands."""
    known = arguments | ({"slug": CLOSED} if "pk" in EVERY[name] else {})
    return reverse(name, kwargs={argument: known[argument] for argument in EVERY[name]})


def crawl(page, names, arguments) -> dict[str, int]:
    """Open each in the browser; how it was answered."""
    return {name: opened(page, name, path(name, arguments)) for name in names}


def opened(page, name: str, url: str) -> int:
    """Files open in a program of the browser's own, and an answer without words is no page: those are asked for."""
    if name in FILES or STATUS.get(name) == NOT_BY_OPENING:
        return page.request.get(url).status
    status = page.goto(url, wait_until="load").status
    page.evaluate("new Promise(requestAnimationFrame)")
    return status


def test_reading_every_page_asks_nobody_else_breaks_no_policy_and_leaves_no_cookie(
    embedded, open_context, arguments, complaints
):
    page = open_context()
    page.add_init_script(WATCHES)
    reading = sorted(EVERY.keys() - FORMS)
    has_attachment = any(mail["attachments"] for mail in embedded.mails())
    status = {name: STATUS.get(name, 200) for name in EVERY}
    status["mailbox_attachment"] = 200 if has_attachment else 404

    answered = crawl(page, reading, arguments)
    of_a_letter = [name for name in reading if "slug" in EVERY[name]]
    crawl(page, of_a_letter, arguments | {"slug": CLOSED})
    assert page.context.cookies() == []

    answered |= crawl(page, sorted(FORMS), arguments)
    assert {cookie["name"] for cookie in page.context.cookies()} == {"csrf"}
    assert answered == status
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

    page.evaluate(
        "document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.test/pixel.png'}))"
    )
    page.wait_for_event("console", timeout=5_000)

    assert [line for line in complaints if line.startswith("policy: img-src forbids https://elsewhere.test")]
