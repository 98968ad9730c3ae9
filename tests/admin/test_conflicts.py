"""Two people edit the same letter: nobody overwrites the other unread, and nobody loses what was typed."""

from __future__ import annotations

import re

import pytest

from petitions.flows import letters
from petitions.models import Letter
from tests.admin.posts import as_stored, page, rows


@pytest.fixture
def as_editor(draft, member):
    return member(draft, "editor")


def words(answer) -> str:
    return " ".join(answer.content.decode().split())


def seen(answer) -> str:
    return re.search(r'name="seen" value="([0-9a-f]{64})"', answer.content.decode())[1]


def test_second_save_is_refused_shows_both_and_keeps_what_was_typed(as_owner, as_editor, draft):
    data = as_stored(draft, text="Mine, typed for an hour.")
    assert as_editor.post(page("edit", draft), as_stored(draft, text="Theirs.")).status_code == 303

    answer = as_owner.post(page("edit", draft), data)

    assert answer.status_code == 422
    assert "Last it was editor@example.org" in words(answer)
    assert re.search(r"<del.*Theirs.*</del>.*<ins.*Mine, typed for an hour.*</ins>", words(answer))
    assert "Mine, typed for an hour.</textarea>" in words(answer)
    assert Letter.objects.get().text == "Theirs."
    assert as_owner.post(page("edit", draft), data | {"seen": seen(answer)}).status_code == 303
    assert Letter.objects.get().text == "Mine, typed for an hour."


def test_rows_that_somebody_removed_or_added_meanwhile(as_owner, as_editor, draft):
    first, second = draft.demands.all()
    data = as_stored(draft) | {"demands-0-title": "Mine"}
    theirs = as_stored(draft) | {"demands-0-DELETE": "on"}
    theirs |= rows("recipients", {"name": "Third", "address": "third@company.test"})
    assert as_editor.post(page("edit", draft), theirs).status_code == 303

    answer = as_owner.post(page("edit", draft), data)
    form = re.findall(r'name="(demands-[^"]+)"[^>]*?value="([^"]*)"', words(answer))

    assert answer.status_code == 422
    assert "Mine" in words(answer)
    again = data | dict(form) | {"seen": seen(answer), "demands-1-text": "", "recipients-TOTAL_FORMS": 0}
    again |= {"recipients-INITIAL_FORMS": 0}
    assert as_owner.post(page("edit", draft), again).status_code == 303
    assert sorted(draft.demands.values_list("title", flat=True)) == ["Mine", second.title]
    assert not draft.demands.filter(pk=first.pk).exists()
    assert draft.recipients.count() == 3


def test_text_is_compared_even_where_something_else_is_refused(as_owner, as_editor, draft):
    data = as_stored(draft, text="Mine.", goal=0)
    as_editor.post(page("edit", draft), as_stored(draft, text="Theirs."))
    answer = as_owner.post(page("edit", draft), data)
    assert answer.status_code == 422
    assert "A goal is above zero." in words(answer)
    assert re.search(r"<del.*Theirs.*</del>.*<ins.*Mine.*</ins>", words(answer))


def test_letter_that_was_opened_meanwhile_is_not_edited_as_a_draft(as_owner, as_editor, draft, owner):
    data = as_stored(draft, goal=7)
    letters.open_for_signing(draft, by=owner)
    answer = as_editor.post(page("edit", draft), data)
    assert answer.status_code == 422
    assert "Last it was owner@example.org" in words(answer)
    assert Letter.objects.get().goal is None


def test_what_no_form_writes_is_no_conflict(as_owner, letter):
    data = as_stored(letter, goal=9)
    milestone = letter.milestones.create(threshold=1)
    data = as_stored(letter, goal=9)
    milestone.mark_reached(1)
    Letter.objects.update(is_paused=True)
    assert as_owner.post(page("edit", letter), data).status_code == 303


@pytest.mark.parametrize("token", [None, "", "x", "0" * 64])
def test_no_token_or_another_saves_nothing(as_owner, draft, token):
    data = as_stored(draft, title="Changed", seen=token)
    assert as_owner.post(page("edit", draft), data).status_code == 422
    assert Letter.objects.get().title == draft.title


def test_broken_numbers_of_rows_are_a_refusal(as_owner, draft):
    for broken in ("99999999999", "-1", "x", ""):
        data = as_stored(draft, seen="x") | {"demands-TOTAL_FORMS": broken}
        assert as_owner.post(page("edit", draft), data).status_code == 422
