from __future__ import annotations

import pytest
from django.test import Client

from petitions import subscribers
from petitions.crypto import sealing
from petitions.flows import milestones, sending
from petitions.models import Delivery, Subscription
from tests.factories import make_draft, make_letter, post_update, sign

pytestmark = pytest.mark.django_db


def follow(client, letter, mails, address="ada@private.test"):
    sent = len(mails.to(address))
    assert client.post(f"/letters/{letter.slug}/follow/", {"address": address}).status_code == 303
    code = mails.code(address, number=sent + 1)
    return client.post(f"/letters/{letter.slug}/follow/code/", {"code": code})


def send_all():
    for pk in Delivery.objects.due().values_list("pk", flat=True):
        sending.send(pk)


def test_an_address_is_stored_sealed_and_only_after_its_code(client, mails):
    letter = make_letter()
    client.post(f"/letters/{letter.slug}/follow/", {"address": "ada@private.test"})
    mails.code("ada@private.test")
    assert Subscription.objects.count() == 0

    assert follow(client, letter, mails).status_code == 200

    row = Subscription.objects.get()
    assert b"private.test" not in bytes(row.sealed) + bytes(row.mark)
    assert subscribers.opened(row)["address"] == "ada@private.test"


def test_a_sealed_address_opens_in_its_own_row_only(client, mails):
    letter = make_letter()
    follow(client, letter, mails)
    follow(Client(), letter, mails, "grace@private.test")
    first, second = Subscription.objects.all()
    first.sealed = second.sealed

    with pytest.raises(sealing.NotSealedHere):
        subscribers.opened(first)


def test_an_address_follows_once_in_whatever_spelling(client, mails):
    letter = make_letter()
    follow(client, letter, mails)

    assert follow(Client(), letter, mails, "ADA+x@private.test").status_code == 200

    assert Subscription.objects.count() == 1


def test_a_workplace_address_may_not_follow(client, mails):
    letter = make_letter()

    answer = client.post(f"/letters/{letter.slug}/follow/", {"address": "ada@example.test"})

    assert answer.status_code == 422
    assert "the employer could read what we send" in answer.content.decode()


def test_the_workplaces_of_drafts_and_hidden_letters_are_not_told(client, mails):
    make_draft(domains=("secret.test",))
    make_letter(domains=("hidden.test",), is_listed=False)
    make_letter(domains=("public.test",))
    letter = make_letter()

    addresses = ("x@secret.test", "x@hidden.test", "x@public.test", "x@example.test")
    answers = [client.post(f"/letters/{letter.slug}/follow/", {"address": address}) for address in addresses]

    assert [answer.status_code for answer in answers] == [303, 303, 422, 422]


def test_followers_get_milestones_and_updates_with_a_way_out(client, mails):
    letter = make_letter(milestones=(1,))
    follow(client, letter, mails)
    sign(letter, "Ada Lovelace")
    milestones.check(letter)
    post_update(letter, title="They *answered*", text="Read **this**.")
    mails.clear()

    send_all()
    send_all()

    to_ada = mails.to("ada@private.test")
    assert len(to_ada) == 2
    for mail in to_ada:
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["List-Unsubscribe"].strip(" <>") in mail.get_body(("plain",)).get_content()


def test_one_click_ends_it_and_opening_the_link_does_not(client, mails):
    letter = make_letter(milestones=(1,))
    follow(client, letter, mails)
    sign(letter, "Ada Lovelace")
    milestones.check(letter)
    secret = subscribers.opened(Subscription.objects.get())["secret"]
    mails.clear()

    assert client.get(f"/unsubscribe/{secret}/").status_code == 200
    assert Subscription.objects.count() == 1
    assert Client(enforce_csrf_checks=True).post(f"/unsubscribe/{secret}/").status_code == 200

    send_all()
    assert (Subscription.objects.count(), mails.to("ada@private.test")) == (0, [])
    assert letter.signatures.count() == 1


def test_a_code_that_was_used_brings_no_follower_back(client, mails):
    letter = make_letter()
    client.post(f"/letters/{letter.slug}/follow/", {"address": "ada@private.test"})
    asked, code = client.cookies["follow"].value, mails.code("ada@private.test")
    url = f"/letters/{letter.slug}/follow/code/"
    client.post(url, {"code": code})
    client.post(f"/unsubscribe/{subscribers.opened(Subscription.objects.get())['secret']}/")
    client.cookies["follow"] = asked

    answer = client.post(url, {"code": code})

    assert (answer.status_code, Subscription.objects.count()) == (422, 0)
