from __future__ import annotations

import threading

import pytest
from django.db import connection

from petitions.flows import batches, milestones
from petitions.flows import receipts as by_receipt
from petitions.models import Appear, Delivery, Milestone
from tests.factories import make_letter, make_user, sign

pytestmark = pytest.mark.django_db


def notices(letter):
    rows = letter.deliveries.filter(kind=Delivery.Kind.MILESTONE)
    return sorted(rows.values_list("milestone__threshold", flat=True))


def test_a_milestone_falls_with_the_signature_that_reaches_it(django_capture_on_commit_callbacks):
    letter = make_letter(milestones=(2,))
    with django_capture_on_commit_callbacks(execute=True):
        sign(letter, "Ada Lovelace")
    assert notices(letter) == []

    with django_capture_on_commit_callbacks(execute=True):
        sign(letter, "Grace Hopper")

    assert notices(letter) == [2]
    assert Milestone.objects.get().count_seen == 2


def test_every_threshold_crossed_at_once_has_its_own_notice():
    letter = make_letter(milestones=(5, 6, 50), batch_size=6)
    letter.memberships.create(user=make_user(), role="editor")
    for _ in range(6):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)

    milestones.check(letter)
    milestones.check(letter)

    assert notices(letter) == [5, 5, 6, 6]


def test_withdrawing_does_not_unreach_it():
    letter = make_letter(milestones=(1,))
    receipt = sign(letter, "Ada Lovelace")
    milestones.check(letter)

    by_receipt.withdraw(receipt)
    sign(letter, "Grace Hopper")
    milestones.check(letter)

    assert notices(letter) == [1]


@pytest.mark.django_db(transaction=True)
def test_twenty_who_see_it_fall_at_once_tell_it_once():
    letter = make_letter(milestones=(1, 2))
    for name in ("Ada Lovelace", "Grace Hopper", "Mary Jackson"):
        sign(letter, name)
    Milestone.objects.update(reached_at=None, count_seen=None)
    Delivery.objects.all().delete()
    barrier = threading.Barrier(20)

    def check():
        barrier.wait()
        milestones.check(letter)
        connection.close()

    threads = [threading.Thread(target=check) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert notices(letter) == [1, 2]


def test_a_milestone_is_marked_once_with_the_count_that_was_seen_first():
    milestone = make_letter(milestones=(2,)).milestones.get()

    assert [milestone.mark_reached(count) for count in (1, 2, 3)] == [False, True, False]
    assert Milestone.objects.get().count_seen == 2
