"""Every kind of answer tells browsers the same: pages, files, refusals, faults, and answers without a body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from limits import RateLimitItemPerDay

from config.headers import PERMISSIONS
from petitions import codes, limits
from petitions.models import Letter
from petitions.views import letters as pages
from tests.admin.posts import page
from tests.factories import make_letter, sign
from tests.views.signing import ask
from tests.views.test_errors import busy, fails

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-operator"
SAME = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
FOR_OTHERS = {"card", "feed", "embed", "oembed", "json", "problem", "preflight"}
KNOWN = {
    "workspace",
    "table",
    "sign-in",
    "sign",
    "forged",
    "refused form",
    "asked",
    "busy",
}  # they have a cookie
PRIVATE = {
    "workspace",
    "table",
    "sign-in",
    "sign",
    "refused form",
    "forged",
    "too often",
    "busy",
    "fault",
    "not there",
}


class Encrypted(Client):
    """A browser that comes by https."""

    def generic(self, *rest: Any, **named: Any) -> Any:
        return super().generic(*rest, **named | {"secure": True})


@pytest.fixture
def encrypted(settings) -> None:
    """As the settings are with an https `SITE_URL`."""
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 365 * 24 * 3600, True
    settings.METRICS_TOKEN = TOKEN


def kinds(letter: Letter, client: Client, owner: Client) -> Iterator[tuple[str, int, HttpResponse]]:
    """Its name, the status it has to have, and the answer."""
    url, api = f"/letters/{letter.slug}/", f"/api/v1/letters/{letter.slug}/"
    card = client.get(f"{url}card.png")
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    yield from (
        ("page", 200, client.get(url)),
        ("json", 200, client.get(api)),
        ("problem", 404, client.get("/api/v1/letters/nobody-s/")),
        ("pdf", 200, client.get(f"{url}letter.pdf")),
        ("card", 200, card),
        ("card", 304, client.get(f"{url}card.png", headers={"If-None-Match": card["ETag"]})),
        ("feed", 200, client.get(f"{url}feed.atom")),
        ("embed", 200, client.get(f"{url}embed/")),
        ("oembed", 200, client.get("/oembed/", {"url": letter.url})),
        ("no such format", 501, client.get("/oembed/?format=zip")),
        ("robots", 200, client.get("/robots.txt")),
        ("sitemap", 200, client.get("/sitemap.xml")),
        ("alive", 200, client.get("/healthz")),
        ("ready", 200, client.get("/readyz")),
        ("metrics", 200, client.get("/metrics", headers=bearer)),
        ("head", 200, client.head(url)),
        ("preflight", 204, client.options(api)),
        ("another method", 405, client.post("/")),
        ("another method", 405, client.options(url)),
        ("another host", 400, client.get("/", headers={"Host": "evil.test"})),
        ("not there", 404, client.get("/no/such/page/")),
        ("too much", 413, client.post("/receipt/", {"receipt": "x" * 300_000})),
        ("without a slash", 301, client.get(url.rstrip("/"))),
        ("to sign in", 302, client.get("/admin/petitions/letter/")),
        ("sign-in", 200, client.get("/accounts/login/")),
        ("workspace", 200, owner.get(page("change", letter))),
        ("table", 200, owner.post(page("signatures_export", letter))),
    )


def refusals(
    letter: Letter, client: Client, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, int, HttpResponse]]:
    strict = Encrypted(enforce_csrf_checks=True)
    yield "sign", 200, client.get(f"/letters/{letter.slug}/sign/")
    yield "forged", 403, strict.post(f"/letters/{letter.slug}/sign/", {})
    yield "refused form", 422, ask(client, letter, address="nobody")
    yield "asked", 303, ask(client, letter)
    with monkeypatch.context() as patched:
        patched.setattr(codes.sender, "require_room", busy)
        patched.setattr(codes.sender, "send", busy)
        yield "busy", 503, ask(client, letter)
    with monkeypatch.context() as patched:
        patched.setattr(limits, "ASKS", RateLimitItemPerDay(1, 1, "one"))
        ask(client, letter)
        yield "too often", 429, ask(client, letter)
    with monkeypatch.context() as patched:
        patched.setattr(pages.counts, "shown_grown", fails)
        yield (
            "fault",
            500,
            Encrypted(raise_request_exception=False).get(f"/letters/{letter.slug}/"),
        )


def wrong_with(kind: str, answer: HttpResponse) -> Iterator[str]:
    asked = SAME | {"Cross-Origin-Resource-Policy": "cross-origin" if kind in FOR_OTHERS else "same-origin"}
    yield from (f"{name} is {answer.get(name)}" for name, value in asked.items() if answer.get(name) != value)
    if "default-src 'none'" not in answer.get("Content-Security-Policy", ""):
        yield "no policy"
    if kind in PRIVATE and not {"no-store", "private"} & {*answer.get("Cache-Control", "").split(", ")}:
        yield "others may keep it"
    if kind not in KNOWN and answer.cookies:
        yield "a cookie"
    if "Server" in answer:
        yield "it names its program"


def test_every_kind_of_answer_tells_browsers_the_same(encrypted, mails, monkeypatch):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    client, owner = Encrypted(), Encrypted()
    owner.force_login(letter.memberships.get().user)
    answers = [*kinds(letter, client, owner), *refusals(letter, client, monkeypatch)]

    assert [(kind, status) for kind, status, _answer in answers] == [
        (kind, answer.status_code) for kind, _status, answer in answers
    ]
    assert {
        f"{kind}, {status}: {what}" for kind, status, answer in answers for what in wrong_with(kind, answer)
    } == set()
