from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from petitions import tasks
from petitions.flows import deliveries, letters
from petitions.models import Appear, Challenge, Delivery, Letter
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db


def test_beat_rings_tasks_that_exist():
    rung = {entry["task"].rpartition(".")[2] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert rung == {
        "drain_outbox",
        "freeze_snapshots",
        "close_letters",
        "publish_batches",
        "invalidate_signatures",
        "post_updates",
        "scatter_rows",
        "forget",
        "tell_of_trouble",
        "compare_counts",
        "pulse",
        "purge",
        "write_pieces_anew",
    }
    assert [name for name in rung if not hasattr(tasks, name)] == []


def test_what_is_due_is_rung_for_once_its_snapshot_is_frozen(monkeypatch):
    rung: list[int] = []
    monkeypatch.setattr(tasks.send_delivery, "delay", rung.append)
    letter = make_letter()
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    tasks.drain_outbox()
    assert rung == []

    tasks.freeze_snapshots()
    tasks.drain_outbox()

    assert sorted(rung) == sorted(letter.deliveries.values_list("pk", flat=True))


def test_a_row_is_not_rung_for_again_at_once(monkeypatch):
    rung: list[int] = []
    monkeypatch.setattr(tasks.send_delivery, "delay", rung.append)
    letters.close(make_letter())

    for _ in range(20):
        tasks.drain_outbox()
    assert len(rung) == 1

    Delivery.objects.update(rung_at=timezone.now() - timedelta(minutes=1))
    tasks.drain_outbox()
    assert len(rung) == 2


def test_a_task_carries_a_number_and_nothing_else(mails):
    letter = make_letter()
    letters.close(letter)

    tasks.send_delivery.apply(args=[letter.deliveries.get().pk])

    assert Delivery.objects.get().state == "accepted"


def test_batches_are_published_and_milestones_seen():
    letter = make_letter(milestones=(5,), batch_size=5)
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)

    tasks.publish_batches()

    assert letter.milestones.get().count_seen == 5


def test_overdue_letters_close():
    letter = make_letter()
    Letter.objects.update(opens_at="2020-01-01T00:00Z", closes_at="2020-01-02T00:00Z")

    tasks.close_letters()

    assert Letter.objects.get(pk=letter.pk).state == "closed"


def test_codes_are_forgotten_an_hour_after_they_expired():
    old, recent = Challenge.objects.create(), Challenge.objects.create()
    Challenge.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(minutes=61))

    tasks.forget()

    assert list(Challenge.objects.all()) == [recent]


def test_a_code_lives_for_a_quarter_of_an_hour():
    challenge = Challenge.objects.create()
    challenge.refresh_from_db()

    left = challenge.expires_at - timezone.now()
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
