"""A letter opens when each of its owners has a second step of sign-in; on one's own machine it is offered."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator

from petitions.models import Membership
from tests.admin.posts import page
from tests.factories import make_user

pytestmark = pytest.mark.django_db

OFFER = "Set up a second step"


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def protect(user, kind="totp"):
    Authenticator.objects.create(user=user, type=kind, data={})


@pytest.mark.parametrize("kind", ["totp", "webauthn"])
def test_a_letter_waits_until_each_owner_has_a_second_step(draft, owner, as_owner, required, kind):
    second = make_user("second@example.org")
    Membership.objects.create(letter=draft, user=second, role="owner")
    Membership.objects.create(letter=draft, user=make_user("editor@example.org"), role="editor")
    sentence = "Each owner needs a second step of sign-in. Without one: %s."

    home = as_owner.get(page("change", draft)).content.decode()
    assert sentence % "owner@example.org, second@example.org" in home
    assert "It can be opened" not in home
    for who, next_one in (("owner@example.org, second@example.org", owner), ("second@example.org", second)):
        for ask, status in ((as_owner.get, 200), (as_owner.post, 422)):
            answer = ask(page("open", draft))
            assert answer.status_code == status
            assert sentence % who in answer.content.decode()
        draft.refresh_from_db()
        assert draft.is_draft
        protect(next_one, kind)

    assert sentence[:20] not in as_owner.get(page("change", draft)).content.decode()
    assert as_owner.post(page("open", draft)).status_code == 303
    draft.refresh_from_db()
    assert draft.is_open


def test_recovery_codes_alone_are_no_second_step(draft, owner, as_owner, required):
    protect(owner, "recovery_codes")
    assert as_owner.post(page("open", draft)).status_code == 422


def test_whoever_has_none_is_led_there(draft, owner, as_owner, required):
    assert OFFER in as_owner.get(page("open", draft)).content.decode()
    assert OFFER in as_owner.get(page("organizers", draft)).content.decode()
    assert "no second step of sign-in yet" in as_owner.get(page("organizers", draft)).content.decode()
    protect(owner)
    assert OFFER not in as_owner.get(page("organizers", draft)).content.decode()


def test_on_ones_own_machine_it_is_offered(draft, owner, as_owner, member):
    assert OFFER in as_owner.get(page("open", draft)).content.decode()
    assert OFFER not in member(draft, "editor").get(page("organizers", draft)).content.decode()
    protect(owner)
    assert OFFER not in as_owner.get(page("open", draft)).content.decode()
    assert as_owner.post(page("open", draft)).status_code == 303


def test_a_mailed_code_alone_does_not_let_in_whoever_has_a_second_step(client, owner, mails):
    owner.emailaddress_set.create(email=owner.email, verified=True, primary=True)
    protect(owner)
    asked = client.post("/accounts/login/", {"login": owner.email}, follow=True)
    answer = client.post(asked.redirect_chain[-1][0], {"code": mails.code(owner.email)})
    assert answer.url.startswith("/accounts/2fa/authenticate/")
    assert "_auth_user_id" not in client.session
