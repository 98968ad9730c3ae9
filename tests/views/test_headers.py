from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from petitions.models import Letter
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


def policy(answer):
    return dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))


def test_every_page_has_the_strict_policy(client):
    letter = make_letter()

    for url in (
        "/",
        f"/letters/{letter.slug}/",
        f"/letters/{letter.slug}/sign/",
        "/accounts/login/",
        "/no/such/page/",
    ):
        answer = client.get(url)
        found = policy(answer)
        assert found["default-src"] == "'none'", url
        assert {found[part] for part in ("script-src", "style-src", "img-src", "form-action")} == {
            "'self'"
        }, url
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"


def test_four_places_have_a_policy_of_their_own():
    sources = [path for folder in ("accounts", "petitions") for path in (ROOT / folder).rglob("*.py")]

    found = sorted(str(path.relative_to(ROOT)) for path in sources if "csp.decorators" in path.read_text())

    assert found == [
        "accounts/urls.py",
        "petitions/admin/previews.py",
        "petitions/views/mailbox.py",
        "petitions/views/sharing.py",
    ]


def test_the_page_that_shows_a_code_to_scan_may_hold_an_image(client, mails):
    User.objects.create_organizer("ada@example.org")
    asked = client.post("/accounts/login/", {"login": "ada@example.org"}, follow=True)
    client.post(asked.redirect_chain[-1][0], {"code": mails.code("ada@example.org")})

    answer = client.get("/accounts/2fa/totp/activate/")

    assert (answer.status_code, policy(answer)["img-src"]) == (200, "'self' data:")


@pytest.mark.parametrize(
    "page", ["sign", "code", "signed", "follow", "follow/code", "token/offline", "redeem"]
)
def test_pages_with_forms_are_never_kept(client, page):
    answer = client.get(f"/letters/{make_letter().slug}/{page}/")

    assert "no-store" in answer["Cache-Control"]


def test_the_cookie_stays_with_its_letter_and_out_of_scripts(client, mails):
    letter = make_letter()
    answer = client.post(
        f"/letters/{letter.slug}/sign/", {"appear": "anonymous", "address": "ada@example.test"}
    )

    cookie = answer.cookies["sign"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (
        f"/letters/{letter.slug}/",
        True,
        "Strict",
    )
    assert cookie["max-age"] == 3600


def test_too_much_is_said_to_be_too_much(client):
    letter = make_letter()

    answer = client.post(f"/letters/{letter.slug}/sign/", {"name": "x" * 2_600_000})

    assert answer.status_code == 413
    assert "larger than we accept" in answer.content.decode()


def test_errors_are_plain_pages(client):
    answer = client.get("/no/such/page/")

    assert answer.status_code == 404
    assert "Traceback" not in answer.content.decode()
    forged = Client(enforce_csrf_checks=True).post(f"/letters/{make_letter().slug}/sign/", {})
    assert forged.status_code == 403
    assert client.get("/", headers={"Host": "evil.test"}).status_code == 400


@pytest.mark.parametrize(
    ("page", "purpose", "address"),
    [("sign", "sign", "ada@example.test"), ("follow", "follow", "ada@private.test")],
)
def test_the_cookie_travels_encrypted_where_the_site_does(client, mails, settings, page, purpose, address):
    settings.IS_HTTPS = True
    answer = client.post(
        f"/letters/{make_letter().slug}/{page}/", {"appear": "anonymous", "address": address}
    )

    assert answer.cookies[f"__Secure-{purpose}"]["secure"] is True


def of_a_signer(letter: Letter) -> list[str]:
    """Pages that say, on whose disk they stay, what somebody was about to do."""
    name = letter.signatures.get().pk
    return ["/receipt/", "/safety/", "/privacy/", f"/letters/{letter.slug}/signatures/{name}/takedown/"]


def test_pages_that_a_signer_opens_are_never_kept(client):
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    for url in of_a_signer(letter):
        assert "no-store" in client.get(url)["Cache-Control"], url


def test_readers_get_no_cookie(client):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    page = f"/letters/{letter.slug}/"

    for url in (
        "/",
        "/?q=rota",
        page,
        f"{page}letter.pdf",
        f"{page}card.png",
        f"{page}feed.atom",
        f"{page}embed/",
        f"/oembed/?url={letter.url}",
        f"{page}signatures/?q=ada",
        f"{page}redeem/",
        "/safety/",
        "/privacy/",
        "/healthz",
        "/no/such/page/",
    ):
        assert not client.get(url).cookies, url


def test_handing_in_a_token_sets_no_cookie(client):
    answer = client.post(f"/letters/{make_letter().slug}/redeem/", {"token": "x", "signature": "y"})

    assert (answer.status_code, dict(answer.cookies)) == (422, {})


def test_nothing_of_a_page_is_told_to_another_site(client):
    for url in ("/", "/safety/", "/healthz", f"/letters/{make_letter().slug}/letter.pdf"):
        assert client.get(url)["Referrer-Policy"] == "same-origin", url


ONION = "http://abcdefgh.onion"


def test_pages_of_the_encrypted_site_name_the_onion(client, settings):
    settings.ONION_URL = ONION
    letter = make_letter()

    found = client.get(f"/letters/{letter.slug}/signatures/?q=ada", secure=True)["Onion-Location"]

    assert found == f"{ONION}/letters/{letter.slug}/signatures/?q=ada"


@pytest.mark.parametrize(
    ("onion", "url", "is_secure"),
    [
        ("", "/", True),
        (ONION, "/", False),
        (ONION, "/healthz", True),
        (ONION, "/letters/{slug}/letter.pdf", True),
    ],
)
def test_nothing_else_names_it(client, settings, onion, url, is_secure):
    settings.ONION_URL = onion

    assert "Onion-Location" not in client.get(url.format(slug=make_letter().slug), secure=is_secure)


@pytest.mark.parametrize("url", ["https://letters.example.org", "abc.onion", "http://x.onion.example.org"])
def test_only_an_onion_address_is_taken_for_one(url):
    environment = os.environ | {"ONION_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", "import django; django.setup()"]

    refused = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert refused.returncode == 1
    assert "ONION_URL" in refused.stderr
