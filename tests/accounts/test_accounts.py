from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.adapter import AccountAdapter
from accounts.models import SignInLink, User
from tests.factories import make_letter, make_user

pytestmark = pytest.mark.django_db


def link_for(user):
    return f"/accounts/link/{SignInLink.issue(user)}/"


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_a_link_signs_in_once_and_only_by_its_button(client):
    url = link_for(User.objects.create_organizer("ada@example.org"))

    assert (client.get(url).status_code, is_signed_in(client)) == (200, False)
    assert (client.head(url).status_code, is_signed_in(client)) == (200, False)
    assert client.post(url).status_code == 302
    assert is_signed_in(client)

    stranger = Client()
    assert stranger.post(url).status_code == 422
    assert not is_signed_in(stranger)


def test_a_link_is_gone_after_half_an_hour(client):
    url = link_for(User.objects.create_organizer("ada@example.org"))
    SignInLink.objects.update(made_at=timezone.now() - timedelta(minutes=31))

    assert client.post(url).status_code == 422
    assert not is_signed_in(client)


def test_a_link_of_a_switched_off_account_is_worth_nothing(client):
    user = User.objects.create_organizer("ada@example.org")
    url = link_for(user)
    User.objects.update(is_active=False)

    assert client.post(url).status_code == 422


def test_the_link_is_stored_as_a_hash_only():
    secret = SignInLink.issue(User.objects.create_organizer("ada@example.org"))

    assert secret.encode() not in bytes(SignInLink.objects.get().secret_hash)


def test_the_command_makes_an_account_and_prints_a_link(capsys):
    call_command("organizer", "Ada@Example.org")

    printed = capsys.readouterr().out
    assert re.search(r"http://testserver/accounts/link/\S+/", printed)
    assert User.objects.get().email == "ada@example.org"
    assert User.objects.get().is_organizer


def test_making_an_organizer_twice_makes_one():
    first = User.objects.create_organizer("ada@example.org")

    assert User.objects.create_organizer(" ADA@example.org ") == first
    assert first.emailaddress_set.filter(verified=True, primary=True).count() == 1


def test_an_organizer_signs_in_by_a_mailed_code(client, mails):
    User.objects.create_organizer("ada@example.org")

    asked = client.post("/accounts/login/", {"login": "ada@example.org"}, follow=True)
    code = mails.code("ada@example.org")
    client.post(asked.redirect_chain[-1][0], {"code": code})

    assert is_signed_in(client)
    (mail,) = mails.to("ada@example.org")
    assert "letter" not in mail.get_content().lower()


def test_a_wrong_sign_in_code_is_refused_with_a_sentence(client, mails):
    User.objects.create_organizer("ada@example.org")
    asked = client.post("/accounts/login/", {"login": "ada@example.org"}, follow=True)

    answer = client.post(asked.redirect_chain[-1][0], {"code": "2222-2222"})

    assert (answer.status_code, is_signed_in(client)) == (422, False)


@pytest.mark.parametrize("page", ["reset", "change", "set", "reset/key/1-set-password"])
def test_there_are_no_passwords_to_set(client, mails, page):
    User.objects.create_organizer("ada@example.org")

    assert client.get(f"/accounts/password/{page}/").status_code == 404
    assert client.post(f"/accounts/password/{page}/", {"email": "ada@example.org"}).status_code == 404
    assert mails.mails == []


def test_nobody_can_sign_up(client):
    client.post("/accounts/signup/", {"email": "mallory@example.org"})

    assert User.objects.count() == 0


def test_a_stranger_cannot_tell_who_organizes(client, mails):
    User.objects.create_organizer("ada@example.org")

    known, unknown = (
        Client().post("/accounts/login/", {"login": address})
        for address in ("ada@example.org", "eve@example.org")
    )

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_counting_tries_keeps_no_network_address(client, mails, rf):
    seen = AccountAdapter().get_client_ip(rf.get("/", REMOTE_ADDR="203.0.113.9"))

    assert re.fullmatch(r"[0-9a-f]{64}", seen)


def test_pages_of_a_letter_tell_nobody_from_anybody_else(client):
    """Whoever organizes and signs in the same browser leaves no trace of one beside the other."""
    letter, organizer = make_letter(), make_user("ada@example.org")
    client.force_login(organizer)

    asked = client.get(letter.get_absolute_url() + "sign/").wsgi_request
    known = client.get("/safety/").wsgi_request

    assert [hasattr(asked, name) for name in ("session", "user", "_messages")] == [False] * 3
    assert known.user == organizer
