"""Signing while an operator has paused it: nobody begins, nothing typed is lost, what was begun is finished."""

from __future__ import annotations

import pytest

from petitions.flows import pauses
from petitions.models import Signature
from tests.factories import make_invitations, make_letter, make_user
from tests.views.signing import ask, type_code
from tests.views.test_invitations import JSON, hidden, page, read, use

pytestmark = pytest.mark.django_db

SAYS = "have paused signing for a while"
TYPED = {"name": "Ada Lovelace", "role": "Engineer", "statement": "", "address": "ada@example.test"}


def pause() -> None:
    pauses.pause_site(pauses.Switch.SIGNING, by=make_user("operator@example.org"))


def resume() -> None:
    pauses.resume_site(pauses.Switch.SIGNING, by=make_user("another@example.org"))


def test_the_letter_says_so_and_offers_no_way_to_sign(client):
    letter = make_letter()
    pause()

    shown = client.get(f"/letters/{letter.slug}/").content.decode()

    assert (SAYS in shown, "signing is paused" in shown) == (True, True)
    assert f"/letters/{letter.slug}/sign/" not in shown
    resume()
    shown = client.get(f"/letters/{letter.slug}/").content.decode()
    assert (SAYS in shown, f"/letters/{letter.slug}/sign/" in shown) == (False, True)


def test_nobody_gets_a_code_and_nothing_typed_is_lost(client, mails):
    letter = make_letter()
    pause()

    asked, answer = client.get(f"/letters/{letter.slug}/sign/"), ask(client, letter, role="Engineer")

    shown = answer.content.decode()
    assert [(each.status_code, each["Retry-After"]) for each in (asked, answer)] == [(503, "600")] * 2
    assert SAYS in asked.content.decode()
    assert [
        words
        for words in (SAYS, *(f'value="{TYPED[name]}"' for name in ("name", "role", "address")))
        if words not in shown
    ] == []
    assert (client.cookies.get("sign"), mails.mails) == (None, [])
    resume()
    assert ask(client, letter).status_code == 303


def test_a_code_that_was_sent_before_still_signs(client, mails):
    letter = make_letter()
    ask(client, letter)
    pause()

    assert type_code(client, letter, mails.code("ada@example.test")).status_code == 303
    assert Signature.objects.count() == 1


def test_an_invitation_waits_and_is_not_used_up(client):
    letter = make_letter()
    code = make_invitations(letter)[0]
    pause()

    asked, answer = client.get(page(letter)), use(client, letter, code, role="Engineer")
    fields = read(letter) | {"invitation": code, "blinded": hidden(letter)}
    token = client.post(page(letter, "token/"), fields, headers=JSON)

    assert {(each.status_code, each["Retry-After"]) for each in (asked, answer, token)} == {(503, "600")}
    assert [words for words in (SAYS, code, "Engineer") if words not in answer.content.decode()] == []
    assert token.json()["error"] == "paused"
    assert Signature.objects.count() == 0
    resume()
    assert use(client, letter, code).status_code == 303
