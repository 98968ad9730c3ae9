"""Open, correct, close: each asks first, needs a POST, and says what is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from petitions.models import Delivery, Letter, Snapshot
from tests.admin.posts import ADD, corrected, delivering, new_letter, page
from tests.factories import make_draft, make_letter, make_workplace, sign


def state(letter: Letter) -> str:
    return Letter.objects.get(pk=letter.pk).state


def test_from_the_first_word_to_the_delivered_mails(as_owner, owner):
    as_owner.post(ADD, new_letter(workplaces=[make_workplace("example.test").pk]))
    letter = Letter.objects.get()
    assert as_owner.post(page("open", letter)).status_code == 303
    for name in ("Ada Lovelace", "Grace Hopper"):
        sign(letter, name)
    assert as_owner.post(page("close", letter)).status_code == 303
    letter.refresh_from_db()
    assert as_owner.post(page("deliver", letter), delivering(letter, 2)).status_code == 303
    sent = Delivery.objects.letters().filter(letter=letter)
    assert sorted(str(delivery.recipient) for delivery in sent) == [
        "Erin Chief, Chief executive",
        "Pat Person",
    ]
    assert state(letter) == "closed"
    shown = as_owner.get(page("change", letter)).content.decode()
    assert "2 waiting" in shown
    assert "2 signatures: 2 named, 0 anonymous." in shown


@pytest.mark.parametrize("name", ["open", "close", "deliver", "correct"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(as_owner, draft, name, method):
    letter = draft if name == "open" else make_letter(owner=draft.memberships.get().user)
    before = (state(letter), letter.versions.count(), Snapshot.objects.count(), Delivery.objects.count())
    assert getattr(as_owner, method)(page(name, letter)).status_code == 200
    assert (
        state(letter),
        letter.versions.count(),
        Snapshot.objects.count(),
        Delivery.objects.count(),
    ) == before


@pytest.mark.parametrize("name", ["open", "close", "deliver", "correct", "updates", "responses"])
def test_forged_posts_are_refused(owner, name):
    letter = make_draft(owner=owner) if name == "open" else make_letter(owner=owner)
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    before = state(letter)
    assert client.post(page(name, letter), {"number": 1, "while_open": "on"}).status_code == 403
    assert state(letter) == before
    assert not Delivery.objects.exists()


def test_unfinished_draft_says_what_it_lacks(as_owner, draft):
    draft.demands.all().delete()
    draft.workplaces.clear()
    for answer, status in (
        (as_owner.get(page("open", draft)), 200),
        (as_owner.post(page("open", draft)), 422),
    ):
        shown = answer.content.decode()
        assert answer.status_code == status
        assert "It makes no demand." in shown
        assert "No workplace may sign it." in shown
        assert '<button class="button">Open for signing' not in shown
    assert state(draft) == "draft"


def test_draft_whose_time_has_passed_is_not_opened(as_owner, draft):
    Letter.objects.filter(pk=draft.pk).update(closes_at=timezone.now() - timedelta(hours=1))
    answer = as_owner.post(page("open", draft))
    assert answer.status_code == 422
    assert "Its closing time has passed." in answer.content.decode()


def test_second_opening_is_told(as_owner, letter):
    answer = as_owner.post(page("open", letter), follow=True)
    assert "This letter was opened before." in answer.content.decode()
    assert letter.versions.count() == 1


def test_second_closing_is_told(as_owner, letter):
    as_owner.post(page("close", letter))
    answer = as_owner.post(page("close", letter), follow=True)
    assert "This letter is not open." in answer.content.decode()
    assert Snapshot.objects.filter(letter=letter).count() == 1


def test_the_final_number_is_told_at_once(as_owner, letter, settings):
    """What waited for its batch is in it, though pages remember a number for a moment."""
    settings.COUNT_SECONDS = 600
    sign(letter, "Ada Lovelace")
    sign(letter, appear="anonymous")
    assert "1 signature." in as_owner.get(page("change", letter)).content.decode()

    closed = as_owner.post(page("close", letter), follow=True).content.decode()

    assert "2 signatures." in closed


def test_correction_makes_a_version(as_owner, letter):
    demand = letter.demands.first()
    data = corrected(
        letter, **{"text": "We ask for a fairer rota.", f"demand_{demand.pk}_title": "Publish it early"}
    )
    assert as_owner.post(page("correct", letter), data).status_code == 303
    assert [version.number for version in letter.versions.all()] == [1, 2]
    assert letter.version.text == "We ask for a fairer rota."
    assert letter.version.demands[0]["title"] == "Publish it early"
    assert letter.versions.first().text == "We ask for a *fair* rota."


def test_correction_that_changes_nothing_makes_none(as_owner, letter):
    data = corrected(letter, text=letter.text.replace("\n", "\r\n") + "\r\n")
    answer = as_owner.post(page("correct", letter), data, follow=True)
    assert "Nothing differs, so nothing was corrected." in answer.content.decode()
    assert letter.versions.count() == 1


def test_refused_correction_keeps_what_was_typed(as_owner, letter):
    answer = as_owner.post(page("correct", letter), corrected(letter, title="", text="Much better words"))
    assert answer.status_code == 422
    assert "Much better words" in answer.content.decode()
    letter.refresh_from_db()
    assert letter.text == "We ask for a *fair* rota."


def test_second_of_two_corrections_is_refused_and_shown_beside_the_first(as_owner, letter):
    mine = corrected(letter, text="Mine is the better word.")
    as_owner.post(page("correct", letter), corrected(letter, text="Theirs is the better word."))
    answer = as_owner.post(page("correct", letter), mine)
    shown = " ".join(answer.content.decode().split())
    assert answer.status_code == 422
    assert "removed: </span>Theirs</del>" in shown
    assert "added: </span>Mine</ins>" in shown
    assert "Mine is the better word.</textarea>" in shown
    assert letter.version.text == "Theirs is the better word."
    assert f'name="seen" value="{letter.version.sha256}"' in shown
    as_owner.post(page("correct", letter), mine | {"seen": letter.version.sha256})
    assert letter.version.text == "Mine is the better word."


def test_closed_letter_is_not_corrected(as_owner, letter):
    as_owner.post(page("close", letter))
    as_owner.post(page("correct", letter), corrected(letter, text="Too late"))
    assert letter.versions.count() == 1
