"""Every cookie that the product sets, of a site whose address begins with https and of one without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.admin.posts import page
from tests.factories import make_letter, make_user
from tests.mailserver import MailServer
from tests.views.answering import ask as ask_to_publish
from tests.views.answering import deliver, room, write
from tests.views.signing import ask

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("IS_HTTPS", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE")
ASKED = f"import json; from config import settings; print(json.dumps({{n: getattr(settings, n) for n in {NAMES}}}))"


def settings_with(site_url: str) -> dict[str, Any]:
    """As they are at such an address."""
    environment = os.environ | {"SITE_URL": site_url, "ALLOWED_HOSTS": "letters.example.org,localhost"}
    done = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


class Browser(Client):
    """Keeps what it was told of each cookie."""

    def __init__(self, *, is_https: bool) -> None:
        super().__init__()
        self.is_https = is_https
        self.told: dict[str, Morsel[str]] = {}

    def generic(self, *rest: Any, **named: Any) -> Any:
        answer = super().generic(*rest, **named | {"secure": self.is_https})
        self.told |= {name: morsel for name, morsel in answer.cookies.items() if morsel.value}
        return answer


def visit(browser: Browser, mails: MailServer) -> dict[str, str]:
    """Sign and follow, answer as a recipient, sign in and save something; the path that each name has to have."""
    letter = make_letter(owner=make_user("ada@example.org"))
    recipient = deliver(letter)
    browser.get(f"/letters/{letter.slug}/sign/")
    ask(browser, letter)
    browser.post(f"/letters/{letter.slug}/follow/", {"address": "ada@home.test"})
    write(browser, recipient, status_letter="", text_letter="We will see.")
    ask_to_publish(browser, recipient)
    asked = browser.post("/accounts/login/", {"login": "ada@example.org"})
    code = mails.code_in(mails.wait(lambda: mails.to("ada@example.org"))[-1])
    browser.post(asked["Location"], {"code": code})
    browser.post(page("deliveries_pause", letter))
    mine = f"/letters/{letter.slug}/"
    return {
        "session": "/",
        "csrf": "/",
        "messages": "/",
        "sign": mine,
        "follow": mine,
        "answer": room(recipient),
    }


@pytest.mark.parametrize("site_url", ["https://letters.example.org", "http://localhost"])
def test_each_is_bound_to_its_host_or_its_letter_where_the_site_is_encrypted(site_url, settings, mails):
    for name, value in settings_with(site_url).items():
        setattr(settings, name, value)
    browser = Browser(is_https=settings.IS_HTTPS)

    paths = visit(browser, mails)

    prefixes = {name: "__Host-" if path == "/" else "__Secure-" for name, path in paths.items()}
    named = {(prefixes[name] if settings.IS_HTTPS else "") + name: path for name, path in paths.items()}
    assert {name: morsel["path"] for name, morsel in browser.told.items()} == named
    for name, morsel in browser.told.items():
        kept = (bool(morsel["secure"]), bool(morsel["httponly"]), morsel["domain"])
        assert kept == (settings.IS_HTTPS, True, ""), name
        assert morsel["samesite"] in ("Lax", "Strict"), name
