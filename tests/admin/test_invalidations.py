"""Declaring invalid from the workspace: counted first, asked for with the number, watched, cancelled, undone."""

from __future__ import annotations

import re

import pytest

from petitions import tasks
from petitions.flows import batches, invalidations
from petitions.models import Appear, Condition, Invalidation, Signature
from tests.admin.posts import page
from tests.factories import sign, sign_many

LOOKED_FOR = {"kinds": ["named"], "words": "Gráce hopper", "reason": "Typed by a program", "number": 1}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.fixture
def signed(letter):
    sign_many(letter, 3)
    sign(letter, "Ada Lovelace")
    return letter


def fields(answer) -> dict[str, str]:
    """What the page would post again, without its token against forgery."""
    return dict(HIDDEN.findall(answer.content.decode()))


def test_count_first_then_the_number_then_progress_and_undo(as_owner, signed, client):
    asked = as_owner.post(page("invalidations", signed), LOOKED_FOR)
    words = asked.content.decode()
    assert asked.status_code == 200
    assert "<strong>3</strong> signatures" in words
    assert "3 named, 0 anonymous and sealed, 0 anonymous by policy" in words
    assert "The letter would then have 1 signature." in words
    assert not Invalidation.objects.exists()
    posted = fields(asked)
    assert (posted["expected"], posted["words"], posted["number"]) == ("3", "grace hopper", "1")

    wrong = as_owner.post(page("invalidations_begin", signed), posted | {"sure": "4"})
    assert (wrong.status_code, "not the number that stands above" in wrong.content.decode()) == (422, True)
    begun = as_owner.post(page("invalidations_begin", signed), posted | {"sure": " 3 "}, follow=True)
    again = as_owner.post(page("invalidations_begin", signed), posted | {"sure": "3"})
    assert (begun["Refresh"], "0 of 3 are invalid" in begun.content.decode()) == ("3", True)
    assert (again.status_code, Invalidation.objects.count()) == (303, 1)

    tasks.invalidate_signatures()
    watched = as_owner.get(page("invalidation", signed, 1))
    assert "Refresh" not in watched
    assert "3 signatures are invalid and count nowhere." in watched.content.decode()
    told = "3 signatures were declared invalid by the organizers and are not counted: Typed by a program"
    for address in (signed.get_absolute_url(), f"{signed.get_absolute_url()}verify/"):
        assert client.get(address).content.decode().count(told) == 1
    assert told in as_owner.get(page("signatures", signed)).content.decode()

    undone = as_owner.post(page("invalidation_undo", signed, 1), follow=True)
    assert "Bringing back" in undone.content.decode()
    tasks.invalidate_signatures()
    assert "counts again" in as_owner.get(page("invalidation", signed, 1)).content.decode()
    assert signed.signatures.all().tally().total == 4
    twice = as_owner.post(page("invalidation_undo", signed, 1), follow=True)
    assert "This was undone before." in twice.content.decode()
    assert "brought back" in as_owner.get(page("invalidations", signed)).content.decode()


def test_a_number_that_moved_is_asked_for_again(as_owner, signed):
    posted = fields(as_owner.post(page("invalidations", signed), LOOKED_FOR))
    sign(signed, "Grace Hopper")
    answer = as_owner.post(page("invalidations_begin", signed), posted | {"sure": "3"})
    assert answer.status_code == 422
    assert "Signatures came or went since you counted." in answer.content.decode()
    assert fields(answer)["expected"] == "4"
    assert not Invalidation.objects.exists()


def test_somebody_else_was_faster(as_owner, signed, owner):
    posted = fields(as_owner.post(page("invalidations", signed), LOOKED_FOR))
    condition = Condition(words="ada")
    invalidations.begin(signed, condition, number=1, expected=1, reason="Another", by=owner)
    answer = as_owner.post(page("invalidations_begin", signed), posted | {"sure": "3"}, follow=True)
    assert "Somebody declared signatures invalid" in answer.content.decode()
    assert Signature.objects.invalid().count() == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"words": ""}, "Please choose at least one condition."),
        ({"reason": "  "}, "Please give the reason."),
        ({"kinds": []}, "Please choose at least one kind."),
        ({"kinds": ["named", "sealed"]}, "Only named signatures can be meant"),
        ({"proof": "mailbox"}, "A kind of proof stands alone."),
        ({"proof": "bribe"}, "Select a valid choice."),
        ({"words": "nobody"}, "No signature meets this condition."),
        ({"words": "\u0301"}, "Please type letters."),
        ({"since": "2026-02-02", "until": "2026-01-01"}, "This day is before the first one."),
        ({"version": "0"}, "Select a valid choice."),
        ({"words": "", "proof": "mailbox", "kinds": ["by_policy"]}, "This could tell who is behind"),
    ],
)
def test_what_means_nothing_or_too_few_is_refused_with_what_was_typed(as_owner, signed, changes, sentence):
    for _ in range(2):
        sign(signed, appear=Appear.ANONYMOUS)
    batches.publish_waiting(signed)
    answer = as_owner.post(page("invalidations", signed), LOOKED_FOR | changes)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Invalidation.objects.exists()


def test_a_draft_has_nothing_to_declare_invalid(as_owner, draft):
    assert "the letter is a draft" in as_owner.get(page("invalidations", draft), follow=True).content.decode()


def test_pages_need_few_queries(as_owner, signed, django_assert_max_num_queries):
    as_owner.post(page("invalidations_begin", signed), LOOKED_FOR | {"expected": 3, "sure": "3"})
    for path in (page("invalidations", signed), page("invalidation", signed, 1)):
        with django_assert_max_num_queries(9):
            assert as_owner.get(path).status_code == 200
