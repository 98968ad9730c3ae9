from __future__ import annotations

import pytest

from petitions.models import Delivery, Subscription
from tests.admin.posts import page

WORDS = {"title": "They answered", "text": "The board has **answered**."}


def test_update_is_posted_once(as_owner, letter):
    Subscription.objects.create(letter=letter, sealed=b"x", mark=b"m" * 32, secret_hash=b"s" * 32)
    answer = as_owner.post(page("updates", letter), WORDS, follow=True)
    assert "Posted, and on its way to 1 follower." in answer.content.decode()
    again = as_owner.post(page("updates", letter), WORDS)
    assert again.status_code == 422
    assert "This update is posted already." in again.content.decode()
    assert letter.updates.count() == 1
    assert Delivery.objects.filter(kind=Delivery.Kind.UPDATE).count() == 1


@pytest.mark.parametrize(
    "words",
    [
        {"title": ""},
        {"text": ""},
        {"title": "x\ny"},
        {"title": "x" * 201},
        {"text": "x" * 50_001},
        {"text": "\x00"},
    ],
)
def test_refused_update_keeps_what_was_typed(as_owner, letter, words):
    answer = as_owner.post(page("updates", letter), WORDS | words)
    assert answer.status_code == 422
    assert ("They answered" if "text" in words else "The board has") in answer.content.decode()
    assert not letter.updates.exists()


def test_draft_has_no_updates(as_owner, draft):
    answer = as_owner.post(page("updates", draft), WORDS, follow=True)
    assert "Nobody reads updates before the letter opens." in answer.content.decode()
    assert not draft.updates.exists()
