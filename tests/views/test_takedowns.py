from __future__ import annotations

import pytest

from petitions.flows import takedowns
from petitions.models import Delivery, Takedown
from tests.factories import make_letter, make_user, sign, signature_of

pytestmark = pytest.mark.django_db


def ask(client, signature, reason="This is my name, but I did not sign."):
    url = f"/letters/{signature.letter.slug}/signatures/{signature.pk}/takedown/"
    return client.post(url, {"reason": reason})


def test_anybody_may_ask_and_the_organizers_are_told_once(client):
    signature = signature_of(sign(make_letter(), "Ada Lovelace"))

    assert ask(client, signature).status_code == 200
    assert ask(client, signature).status_code == 200

    assert Takedown.objects.count() == 1
    assert Delivery.objects.filter(kind="takedown").count() == 1
    assert signature_of_pk(signature).name == "Ada Lovelace"


def signature_of_pk(signature):
    signature.refresh_from_db()
    return signature


def test_granting_hides_the_name_keeps_the_count_and_erases_the_reason(client):
    signature = signature_of(sign(make_letter(), "Ada Lovelace"))
    ask(client, signature)

    takedowns.grant(Takedown.objects.get(), by=make_user())

    hidden = Takedown.objects.get().signature
    assert (hidden.name, hidden.kind, hidden.pk == signature.pk) == ("", "by_policy", False)
    assert (Takedown.objects.get().reason, Takedown.objects.get().decision) == ("", "hidden")
    assert signature.letter.events.filter(verb="name_hidden").count() == 1


def test_an_anonymous_signature_has_no_such_page(client):
    letter = make_letter(batch_size=5)
    signature = signature_of(sign(letter, "Ada Lovelace"))
    type(signature).objects.update(kind="by_policy", name="", search="", signed_at=None)

    assert ask(client, signature).status_code == 404


def test_a_reason_is_needed(client):
    signature = signature_of(sign(make_letter(), "Ada Lovelace"))

    assert ask(client, signature, "").status_code == 422
