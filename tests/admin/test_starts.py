"""Nobody begins with an empty page: letters to start from, and copies of one's own."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from petitions.documents.starts import STARTS
from petitions.models import AuditEvent, Letter
from tests.admin.posts import ADD, new_letter, page, rows
from tests.factories import make_letter, sign


def words(answer) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS.keys())
def test_letter_to_start_from_fills_the_form_and_is_saved_as_it_stands(as_owner, start):
    assert f'href="?start={start.key}"' in words(as_owner.get(ADD))

    form = as_owner.get(f"{ADD}?start={start.key}")
    titles = re.findall(r'name="demands-\d-title" value="([^"]+)"', words(form))

    assert titles == [str(title) for title, _text in start.demands]
    assert str(start.text).splitlines()[2] in form.content.decode().replace("&#x27;", "'")
    assert f'action="{ADD}"' in words(form)
    assert not Letter.objects.exists()
    demands = [{"title": str(title), "text": str(text)} for title, text in start.demands]
    data = new_letter(title=str(start.title), text=str(start.text)) | rows("demands", *demands)
    assert as_owner.post(ADD, data).status_code == 303
    assert Letter.objects.get().demands.count() == len(start.demands)


def test_address_fills_in_nothing_else(as_owner):
    shown = words(as_owner.get(f"{ADD}?start=unknown&title=Theirs&signing_line=Theirs"))
    assert "Theirs" not in shown


def test_copy_has_the_words_and_nothing_that_came_after(as_owner, letter, owner):
    letter.milestones.create(threshold=1)
    sign(letter, "Ada Lovelace")
    letter.demands.update(status="refused")
    letter.recipients.filter(name="Pat Person").update(opted_out_at=timezone.now())
    assert as_owner.get(page("duplicate", letter)).status_code == 200
    assert Letter.objects.count() == 1

    answer = as_owner.post(page("duplicate", letter))

    copy = Letter.objects.exclude(pk=letter.pk).get()
    assert answer.url == page("edit", copy)
    assert (copy.title, copy.text, copy.state) == (f"Copy of {letter.title}", letter.text, "draft")
    assert [(demand.title, demand.status) for demand in copy.demands.all()] == [
        ("Publish the rota two weeks ahead", "unanswered"),
        ("Pay for changes", "unanswered"),
    ]
    assert [(one.name, one.is_reachable) for one in copy.recipients.all()] == [
        ("Erin Chief", True),
        ("Pat Person", False),
    ]
    assert [milestone.threshold for milestone in copy.milestones.all()] == [1]
    assert list(copy.workplaces.all()) == list(letter.workplaces.all())
    assert copy.memberships.get().user == owner
    for none in ("signatures", "marks", "deliveries", "responses", "versions", "snapshots", "public_keys"):
        assert not getattr(copy, none).exists()
    assert set(AuditEvent.objects.values_list("verb", flat=True)) >= {"duplicated", "created"}


def test_who_may_not_write_letters_duplicates_none(letter, member):
    client = member(letter, "editor")
    assert client.post(page("duplicate", letter)).status_code == 403
    assert "Duplicate" not in words(client.get(page("change", letter)))
    assert Letter.objects.count() == 1


def test_letter_of_others_is_not_copied(as_owner):
    assert as_owner.post(page("duplicate", make_letter())).status_code == 404
