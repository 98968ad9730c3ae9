"""`manage.py organizer`: an account, and a link that signs in once."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User

pytestmark = pytest.mark.django_db


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("organizer", *arguments, stdout=out)
    return out.getvalue()


def test_link_signs_in_once(client):
    words = printed("Ada@Example.org")
    link = re.search(r"http://testserver(/\S+)", words).group(1)
    assert "within 30 minutes" in words
    assert client.get(link).status_code == 200
    assert "_auth_user_id" not in client.session
    assert client.post(link).url == "/admin/"
    assert client.get("/admin/petitions/letter/").status_code == 200
    client.logout()
    assert client.post(link).status_code == 422


def test_account_is_made_once(client):
    printed("ada@example.org")
    printed("ADA@example.org")
    user = User.objects.get()
    assert (user.email, user.is_organizer, user.has_usable_password()) == ("ada@example.org", True, False)
    assert list(user.emailaddress_set.values_list("email", "verified", "primary")) == [
        ("ada@example.org", True, True)
    ]


def test_account_that_exists_may_write_letters_now():
    User.objects.create_user("ada@example.org")
    printed("ada@example.org")
    assert User.objects.get().is_organizer


@pytest.mark.parametrize("email", ["", "ada", "a\nb@example.org"])
def test_what_is_no_address_is_refused(email):
    with pytest.raises(CommandError, match="Please give an e-mail address"):
        printed(email)


def test_account_that_is_switched_off_gets_no_link():
    User.objects.create_user("ada@example.org", is_active=False)
    with pytest.raises(CommandError, match="is switched off"):
        printed("ada@example.org")


def test_an_operator_is_made_when_asked_and_stays_one():
    assert "may write letters. This link" in printed("ada@example.org")
    assert not User.objects.get().is_superuser

    assert "may write letters and is an operator. This link" in printed("ada@example.org", "--operator")
    assert User.objects.get().is_superuser

    printed("ada@example.org")
    assert User.objects.get().is_superuser
