from __future__ import annotations

import pytest

from petitions.flows import letters, milestones
from petitions.models import Letter, Milestone
from tests.admin.posts import TOLD, as_stored, milestone, page, rows, stored
from tests.factories import make_letter, sign


def saved(client, letter: Letter, *given: dict[str, object]):
    """The letter's page with these rows below those that are stored."""
    there = [stored(row) for row in letter.milestones.all()]
    data = as_stored(letter) | rows("milestones", *there, *given, initial=len(there))
    return client.post(page("change", letter), data)


def heights(letter: Letter) -> list[tuple[int | None, int | None]]:
    return sorted(letter.milestones.values_list("threshold", "share"), key=str)


def test_a_milestone_is_a_number_or_a_share_with_its_audience_and_words(as_owner, letter):
    letter.workplaces.update(head_count=30)
    words = {"text": "A tenth.\r\n<b>Of us</b>.", "told": TOLD[1:]}

    assert saved(as_owner, letter, milestone(share=10, **words), milestone(threshold=50)).status_code == 303

    share = letter.milestones.get(share=10)
    assert (share.threshold, share.text) == (3, "A tenth.\n<b>Of us</b>.")
    assert [getattr(share, name) for name in TOLD] == [False, True, True]
    assert [getattr(letter.milestones.get(share=None), name) for name in TOLD] == [True, True, False]
    shown = as_owner.get(page("edit", letter)).content.decode()
    assert "ahead: 3 signatures by today&#x27;s head-count" in shown
    assert "10 % (3)" in shown


def test_what_a_milestone_says_can_change_while_it_is_ahead(as_owner, letter):
    saved(as_owner, letter, milestone(threshold=50, text="Half."))
    before = letter.milestones.get()
    data = as_stored(letter) | {"milestones-0-text": "Halfway."}
    del data["milestones-0-is_for_followers"]

    as_owner.post(page("change", letter), data)

    after = letter.milestones.get()
    assert (after.pk, after.text) == (before.pk, "Halfway.")
    assert [getattr(after, name) for name in TOLD] == [True, False, False]


REFUSED = {
    "both": ([milestone(threshold=5, share=5)], "Please give a number or a share, not both."),
    "words alone": ([milestone(text="Well done")], "Please give a number or a share."),
    "no share": ([milestone(share=0)], "A share is between 1 and 100 percent."),
    "too much": ([milestone(share=101)], "A share is between 1 and 100 percent."),
    "share twice": ([milestone(share=5), milestone(share=5)], "The share 5 % stands twice."),
    "long words": ([milestone(threshold=5, text="x" * 1001)], "at most 1000 characters"),
    "control characters": ([milestone(threshold=5, text="a\x00b")], "control characters"),
}


@pytest.mark.parametrize(("given", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_milestones_say_why(as_owner, letter, given, sentence):
    answer = saved(as_owner, letter, *given)
    assert (answer.status_code, heights(letter)) == (422, [])
    assert sentence in answer.content.decode()


def test_a_number_and_a_share_of_one_height_are_two_milestones(as_owner, letter):
    letter.workplaces.update(head_count=100)
    assert saved(as_owner, letter, milestone(threshold=5), milestone(share=5)).status_code == 303
    assert heights(letter) == [(5, 5), (5, None)]
    shown = as_owner.get(page("edit", letter)).content.decode()
    assert as_owner.post(page("change", letter), as_stored(letter)).status_code == 303
    assert heights(letter) == [(5, 5), (5, None)]
    assert 'value="5"' in shown


def test_one_that_is_passed_already_is_asked_about_before_it_is_saved(as_owner, letter):
    letter.workplaces.update(head_count=20)
    for name in ("Ada Lovelace", "Grace Hopper"):
        sign(letter, name)
    letter.milestones.create(threshold=2)  # is there already, and falls with the next look
    passed = milestone(share=10, text="Keep these words.")

    answer = saved(as_owner, letter, passed, milestone(threshold=3))

    shown = answer.content.decode()
    assert (answer.status_code, letter.milestones.count()) == (422, 1)
    assert shown.count("The letter has 2 signatures, so this would be reached at once") == 1
    assert "Keep these words." in shown
    assert '<input type="checkbox" name="milestones-1-is_passed"' in shown
    assert '<input type="hidden" name="milestones-2-is_passed"' in shown
    assert saved(as_owner, letter, passed | {"is_passed": "on"}, milestone(threshold=3)).status_code == 303
    milestones.check(letter)
    assert sorted(letter.milestones.values_list("threshold", "count_seen")) == [(2, 2), (2, 2), (3, None)]


def test_a_share_waits_for_the_head_count_of_every_workplace(as_owner, client, letter):
    assert saved(as_owner, letter, milestone(share=50)).status_code == 303
    shown = as_owner.get(page("edit", letter)).content.decode()
    assert heights(letter) == [(None, 50)]
    assert "waits: not every workplace of the letter has a head-count" in shown
    assert "50 % (waits for a head-count)" in shown
    sign(letter, "Ada Lovelace")
    milestones.check(letter)
    assert client.get(letter.get_absolute_url()).status_code == 200
    assert client.get(f"/api/v1{letter.get_absolute_url()}").json()["milestones"] == []


def test_a_corrected_head_count_moves_what_is_ahead(as_owner, owner, letter):
    workplace = letter.workplaces.get()
    saved(as_owner, letter, milestone(share=50))
    owner.is_superuser = True
    owner.save()
    domain = {"id": workplace.domains.get().pk, "name": "example.test"}
    data = {"name": workplace.name, "head_count": 41} | rows("domains", domain, initial=1)

    answer = as_owner.post(f"/admin/petitions/workplace/{workplace.pk}/change/", data)

    assert (answer.status_code, heights(letter)) == (302, [(21, 50)])


def test_after_closing_nothing_can_be_set_that_would_never_be_reached(as_owner, owner, letter):
    letter.milestones.create(threshold=50)
    sign(letter, "Ada Lovelace")
    letters.close(letter, by=owner)
    letter.refresh_from_db()
    moved = stored(letter.milestones.get()) | {"threshold": 1}

    data = as_stored(letter) | rows("milestones", moved, milestone(threshold=2), initial=1)
    as_owner.post(page("change", letter), data)

    assert heights(letter) == [(50, None)]


def test_page_feed_and_api_tell_a_height_once_with_all_its_words(client, db):
    letter = make_letter()
    letter.workplaces.update(head_count=4)
    letter.milestones.create(threshold=1, text="We are\n<one>.")
    letter.milestones.create(share=25, text="A quarter.")
    letter.milestones.create(threshold=9)
    sign(letter, "Ada Lovelace")
    milestones.check(letter)

    shown = client.get(letter.get_absolute_url()).content.decode()

    for words in (
        "<p>As many as 25 % of the head-count.</p>",
        "<p>We are<br>&lt;one&gt;.</p>",
        "<p>A quarter.</p>",
    ):
        assert shown.count(words) == 1
    assert " ".join(shown.split()).count("(25 % of the head-count)") == 1
    assert "8 more to the milestone of 9" in shown
    today = Milestone.objects.first().reached_at.date().isoformat()
    assert client.get(f"/api/v1{letter.get_absolute_url()}").json()["milestones"] == [
        {"threshold": 1, "reached_on": today},
        {"threshold": 9, "reached_on": None},
    ]
    assert client.get(f"{letter.get_absolute_url()}feed.atom").content.count(b"A quarter.") == 1
