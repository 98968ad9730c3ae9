"""Every form that the public can post: counted, and refused when another site forged it."""

from __future__ import annotations

import pytest
from django.test import Client
from limits import RateLimitItemPerDay

from petitions import limits
from petitions.models import Signature, Takedown
from tests.factories import make_invitations, make_letter, sign, signature_of
from tests.views.signing import ask

pytestmark = pytest.mark.django_db

ONE = RateLimitItemPerDay(1, 1, "one")
LETTER = "/letters/{letter.slug}/"
TAKEDOWN = LETTER + "signatures/{signature.pk}/takedown/"
FORMS = {
    LETTER + "sign/": {"appear": "anonymous", "address": "ada@example.test"},
    LETTER + "code/": {"code": "2222-2222"},
    LETTER + "code/again/": {},
    LETTER + "follow/": {"address": "ada@private.test"},
    LETTER + "follow/code/": {"code": "2222-2222"},
    LETTER + "follow/code/again/": {},
    LETTER + "token/done/": {},
    LETTER + "invitation/": {"appear": "anonymous", "invitation": "2222-" * 3 + "2222"},
    LETTER + "invitation/token/": {"invitation": "2222-" * 3 + "2222", "blinded": "AAAA"},
    "/receipt/": {"receipt": "2222-" * 6 + "2222", "act": "withdraw"},
    TAKEDOWN: {"reason": "Not me"},
}


@pytest.fixture
def signature():
    letter = make_letter()
    make_invitations(letter)
    return signature_of(sign(letter, "Ada Lovelace"))


def at(url, signature):
    return url.format(letter=signature.letter, signature=signature)


@pytest.mark.parametrize(("url", "fields"), FORMS.items())
def test_what_another_site_forged_is_refused(mails, signature, url, fields):
    client = Client(enforce_csrf_checks=True)

    assert client.post(at(url, signature), fields).status_code == 403
    assert (Signature.objects.count(), Takedown.objects.count(), mails.mails) == (1, 0, [])


@pytest.mark.parametrize(
    ("url", "seconds"),
    [
        (LETTER + "sign/", "60"),
        (LETTER + "follow/", "60"),
        (LETTER + "code/again/", "60"),
        (LETTER + "invitation/", "60"),
        (LETTER + "invitation/token/", "60"),
        ("/receipt/", "60"),
        (TAKEDOWN, "3600"),
    ],
)
def test_who_posts_too_often_is_told_when_to_come_back(client, mails, signature, monkeypatch, url, seconds):
    ask(client, signature.letter)  # so that there is a code to ask for again
    for name in ("ASKS", "TAKEDOWNS"):
        monkeypatch.setattr(limits, name, ONE)

    answers = [client.post(at(url, signature), FORMS[url]) for _ in range(2)]

    assert answers[0].status_code != 429
    assert (answers[1].status_code, answers[1]["Retry-After"]) == (429, seconds)


def test_opening_a_takedown_page_asks_for_nothing(client, signature):
    for method in (client.get, client.head):
        assert method(at(TAKEDOWN, signature), {"reason": "Not me"}).status_code == 200

    assert Takedown.objects.count() == 0
