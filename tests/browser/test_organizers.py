"""Somebody is invited, comes, and protects the account with a passkey: a real one, in a virtual authenticator."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import findings
from tests.browser.test_journey import sign_in
from tests.promises.processes import until

pytestmark = [pytest.mark.browser, pytest.mark.on("sqlite")]

KIM = "kim@private.test"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def invite(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("link", name="Ask us before you watch us work").click()
    page.get_by_role("link", name="Organizers").first.click()
    page.fill("#id_address", KIM)
    page.select_option("#id_role", "editor")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("#content")).to_contain_text(KIM)


def plug_in(page: Page) -> Any:
    """A device of its own in this browser."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    identity = devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    return lambda: devices.send("WebAuthn.getCredentials", {"authenticatorId": identity})["credentials"]


def accept(page: Page, embedded, code_for) -> None:
    mail = until(lambda: embedded.mails_to(KIM))[0]
    page.goto(re.search(r"\S+/organize/\S+", mail["text"])[0])
    assert findings(page) == []
    page.get_by_role("button", name="Send me the code").click()
    page.fill("input[name=code]", code_for(KIM, number=2))
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/organize/**")
    assert findings(page) == []
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".messagelist")).to_contain_text("You are an organizer of this letter now.")
    expect(page.locator("#content")).to_contain_text("Your role: editor")


def test_an_invited_editor_comes_and_signs_in_with_a_passkey(open_context, embedded, code_for, complaints):
    organizer, page = open_context(), open_context("phone")
    sign_in(organizer, embedded, code_for)
    invite(organizer)
    accept(page, embedded, code_for)
    kept = plug_in(page)

    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(
        "**/accounts/2fa/reauthenticate/**"
    )  # what follows, the codes on paper, asks for the new key
    page.get_by_role("link", name="Use a security key").click()
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    assert findings(page) == []
    assert [len(kept()), kept()[0]["isResidentCredential"]] == [1, True]
    page.goto("/accounts/2fa/")
    expect(page.locator("main")).to_contain_text("1 device is set up.")
    assert findings(page) == []

    page.goto("/accounts/logout/")
    page.locator("main form button").first.click()
    page.goto("/admin/")
    expect(page.locator("main")).to_contain_text("Send me a sign-in code")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/admin/petitions/letter/**")
    expect(page.locator("#content")).to_contain_text("Ask us before you watch us work")
    assert kept()[0]["signCount"] > 1

    organizer.reload()
    expect(organizer.locator("#content")).not_to_contain_text("Invited")
    assert complaints == []
