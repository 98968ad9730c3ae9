from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import make_letter

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


def test_three_places_have_a_policy_of_their_own():
    sources = [path for folder in ("accounts", "petitions") for path in (ROOT / folder).rglob("*.py")]

    found = sorted(str(path.relative_to(ROOT)) for path in sources if "csp.decorators" in path.read_text())

    assert found == ["accounts/urls.py", "petitions/admin/previews.py", "petitions/views/mailbox.py"]


def test_the_page_that_shows_a_code_to_scan_may_hold_an_image(client, mails):
    User.objects.create_organizer("ada@example.org")
    asked = client.post("/accounts/login/", {"login": "ada@example.org"}, follow=True)
    client.post(asked.redirect_chain[-1][0], {"code": mails.code("ada@example.org")})

    answer = client.get("/accounts/2fa/totp/activate/")

    assert (answer.status_code, policy(answer)["img-src"]) == (200, "'self' data:")


@pytest.mark.parametrize("page", ["sign", "code", "signed", "follow"])
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
