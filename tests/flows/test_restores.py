from __future__ import annotations

import os
import shutil
import signal
import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from petitions import tasks
from petitions.flows import deliveries, letters, pauses, restores, sending, snapshots
from petitions.models import AuditEvent, Delivery, Installation, Lease, Letter
from petitions.models.leases import take_back_abandoned
from petitions.smtp import Conversation
from tests import apart
from tests.beside import Beside
from tests.factories import make_letter, make_user, sign

pytestmark = pytest.mark.django_db


def make_delivered(**fields):
    """A letter on its way to two recipients; nothing has left."""
    letter = make_letter(**fields)
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    return letter


def put_back_a_copy():
    """The database is now one that was copied before: everything in it is the same, but not the epoch."""
    Installation.objects.update_or_create(pk=Installation.ONLY, defaults={"epoch": uuid.uuid4()})


def epoch():
    return Installation.objects.get().epoch


def remembered():
    return (settings.KEYS_DIR / restores.REMEMBERED).read_text().split()


def states(letter):
    return sorted(letter.deliveries.values_list("state", flat=True))


def events(verb):
    return list(AuditEvent.objects.filter(verb=verb).values_list("object_id", flat=True))


def sweep():
    """What beat and the workers do at once."""
    tasks.drain_outbox()
    for pk in Delivery.objects.values_list("pk", flat=True):
        sending.send(pk)


@pytest.fixture(autouse=True)
def without_workers(monkeypatch):
    monkeypatch.setattr(tasks.send_delivery, "delay", lambda pk: None)


def test_the_first_start_holds_nothing_of_a_new_or_an_upgraded_database(mails):
    letter = make_delivered()
    assert not Installation.objects.exists()

    assert [restores.is_own_database(), restores.is_own_database()] == [True, True]
    assert remembered() == [str(epoch())]
    sweep()

    assert (states(letter), len(mails.mails)) == (["accepted", "accepted"], 2)


def test_a_site_that_was_paused_before_its_first_start_is_no_stranger():
    letter = make_delivered()

    pauses.pause_site(pauses.Switch.MAILS, by=make_user())

    assert restores.is_own_database()
    assert states(letter) == ["queued", "queued"]


def test_a_copy_from_before_sends_nothing_and_says_so_once(mails):
    first, second = make_delivered(), make_delivered()
    restores.is_own_database()
    put_back_a_copy()

    for _ in range(3):
        sweep()

    assert (states(first), states(second), mails.mails) == (["held", "held"], ["held", "held"], [])
    assert set(Delivery.objects.values_list("hold_reason", flat=True)) == {"restored"}
    assert events("held_after_restore") == ["4"]
    assert remembered() == [str(epoch())]


def test_without_the_remembered_epoch_everything_is_held(mails):
    letter = make_delivered()
    restores.is_own_database()
    (settings.KEYS_DIR / restores.REMEMBERED).unlink()

    sweep()

    assert (states(letter), mails.mails) == (["held", "held"], [])


def test_an_old_database_without_an_epoch_is_held_where_one_is_remembered():
    letter = make_delivered()
    restores.is_own_database()
    Installation.objects.all().delete()

    assert not restores.is_own_database()
    assert states(letter) == ["held", "held"]


def test_what_is_written_after_the_hold_is_new_and_leaves(mails):
    letter = make_letter()
    restores.is_own_database()
    put_back_a_copy()
    assert not restores.is_own_database()

    letters.close(letter)
    sweep()

    assert len(mails.mails) == 1


def test_a_sender_finds_that_its_lease_is_gone():
    letter = make_delivered()
    restores.is_own_database()
    leases = [Lease.take(pk) for pk in letter.deliveries.values_list("pk", flat=True)]
    put_back_a_copy()

    assert not restores.is_own_database()

    assert [lease.start_body() for lease in leases] == [False, False]
    assert states(letter) == ["held", "held"]
    attempts = [row.tries.get() for row in letter.deliveries.all()]
    assert [(attempt.outcome, bool(attempt.ended_at)) for attempt in attempts] == [("held", True)] * 2


def test_what_was_being_handed_over_waits_for_a_person():
    letter = make_delivered()
    restores.is_own_database()
    Lease.take(letter.deliveries.first().pk).start_body()
    put_back_a_copy()

    restores.is_own_database()
    Delivery.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))
    take_back_abandoned()

    assert states(letter) == ["held", "unknown"]


def test_an_alert_without_an_answer_is_not_repeated_by_itself(mails):
    letter = make_letter()
    deliveries.tell_organizers(letter, Delivery.Kind.TROUBLE, key="trouble:1")
    restores.is_own_database()
    lease = Lease.take(letter.deliveries.get().pk)
    lease.start_body()
    lease.lose("")
    Delivery.objects.update(not_before=timezone.now() - timedelta(hours=1))
    put_back_a_copy()

    sweep()
    sweep()

    assert (states(letter), mails.mails) == (["held"], [])
    restores.release(letter, by=make_user())
    sweep()
    assert len(mails.mails) == 1


def test_a_database_that_is_replaced_after_the_claim_gives_nothing_away(mails, monkeypatch):
    """The sender has rendered its mail and talks to the server already."""
    letter = make_delivered()
    offer = Conversation.offer

    def replaced_meanwhile(*arguments):
        offer(*arguments)
        put_back_a_copy()

    restores.is_own_database()
    monkeypatch.setattr(Conversation, "offer", replaced_meanwhile)
    sending.send(letter.deliveries.first().pk)

    assert (states(letter), mails.mails) == (["queued", "queued"], [])
    assert not restores.is_own_database()
    assert states(letter) == ["held", "held"]


def test_a_memory_that_cannot_be_read_stops_everything(mails):
    letter = make_delivered()
    restores.is_own_database()
    path = settings.KEYS_DIR / restores.REMEMBERED
    path.unlink()
    path.mkdir()

    try:
        with pytest.raises(IsADirectoryError):
            sending.send(letter.deliveries.first().pk)
    finally:
        path.rmdir()

    assert (states(letter), mails.mails) == (["queued", "queued"], [])


def test_a_copy_made_before_the_mails_left_is_told_apart_though_the_worker_died_at_once():
    """The epoch is turned before the first bell, not only after mails have left."""
    make_delivered()
    restores.is_own_database()
    copied = epoch()

    tasks.drain_outbox()

    assert str(copied) not in remembered()


def test_a_copy_made_while_mails_leave_is_told_apart_afterwards(mails):
    letter = make_delivered()
    tasks.drain_outbox()
    copied = epoch()
    sending.send(letter.deliveries.first().pk)
    Delivery.objects.update(rung_at=timezone.now())

    tasks.drain_outbox()

    assert str(copied) not in remembered()


def test_an_epoch_stays_while_nothing_leaves():
    restores.is_own_database()
    before = epoch()

    tasks.drain_outbox()

    assert epoch() == before


@pytest.mark.parametrize("turn", [restores.turn, lambda: restores.turn_for_sending(is_anything_due=True)])
def test_a_stranger_is_not_adopted_by_turning(turn):
    letter = make_delivered()
    restores.is_own_database()
    put_back_a_copy()

    assert turn() is False
    assert states(letter) == ["held", "held"]


@pytest.mark.django_db(transaction=True)
def test_a_stranger_that_comes_in_the_middle_of_a_turn_is_not_adopted(monkeypatch):
    letter = make_delivered()
    restores.is_own_database()
    replace, comers = os.replace, [put_back_a_copy]

    def then_comes_another(*paths):
        replace(*paths)
        while comers:
            transaction.on_commit(comers.pop())

    monkeypatch.setattr(os, "replace", then_comes_another)
    restores.turn()
    monkeypatch.undo()

    assert not restores.is_own_database()
    assert states(letter) == ["held", "held"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_look_at_once_the_second_holds_nothing_more():
    """What is written after the first hold is new, and is to leave."""
    letter = make_delivered()
    restores.is_own_database()
    put_back_a_copy()

    with transaction.atomic():
        assert not restores.is_own_database()
        second = Beside(restores.is_own_database)
        second.wait_a_little()
        letters.close(letter)

    assert second.outcome() is True
    assert states(letter) == ["held", "held", "queued"]
    assert remembered() == [str(epoch())]


DIES = """
import os, signal, sys
from petitions.flows import restores
work, moment, number = sys.argv[1:]
replace, calls = os.replace, []

def killed(*paths):
    calls.append(paths)
    if moment == "before" and len(calls) == int(number):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*paths)
    if moment == "after" and len(calls) == int(number):
        os.kill(os.getpid(), signal.SIGKILL)

os.replace = killed
getattr(restores, work)()
"""
STEPS = [("before", "1"), ("after", "1"), ("before", "2"), ("after", "2")]


def die_in(work, moment, number):
    """A process that looks or turns, and is killed just before or after it renames a file."""
    assert apart.end(apart.python(DIES, work, moment, number)).returncode == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("moment", "number"), STEPS)
@pytest.mark.parametrize("is_first", [True, False], ids=["first start", "later"])
def test_whoever_is_killed_while_turning_leaves_no_stranger_behind(is_first, moment, number):
    letter = make_delivered()
    if not is_first:
        restores.is_own_database()

    die_in("turn", moment, number)

    assert restores.is_own_database()
    assert states(letter) == ["queued", "queued"]
    restores.turn_for_sending(is_anything_due=False)
    assert remembered() == [str(epoch())]


@pytest.mark.django_db(transaction=True)
def test_a_hold_that_was_killed_is_done_again():
    letter = make_delivered()
    restores.is_own_database()
    put_back_a_copy()
    die_in("is_own_database", "after", "1")
    assert states(letter) == ["queued", "queued"]

    assert not restores.is_own_database()
    assert states(letter) == ["held", "held"]


LOOKS = """
from petitions.flows import restores
print("ready", flush=True)
input()
print(restores.is_own_database())
"""


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_look_at_once_hold_once():
    letter = make_delivered()
    restores.is_own_database()
    put_back_a_copy()
    lookers = [apart.python(LOOKS) for _ in range(2)]
    assert [looker.stdout.readline() for looker in lookers] == ["ready\n", "ready\n"]

    for looker in lookers:
        looker.stdin.write("\n")
        looker.stdin.flush()
    answers = [apart.end(looker).stdout for looker in lookers]

    assert "False\n" in answers
    assert (states(letter), events("held_after_restore")) == (["held", "held"], ["2"])
    assert restores.is_own_database()


def test_an_operator_releases_letter_by_letter(mails):
    first, second = make_delivered(), make_delivered()
    restores.hold()
    operator = make_user(is_superuser=True)

    assert [restores.release(first, by=operator), restores.release(first, by=operator)] == [2, 0]
    sweep()

    assert (states(first), states(second), len(mails.mails)) == (["accepted"] * 2, ["held"] * 2, 2)
    assert set(first.deliveries.values_list("hold_reason", flat=True)) == {""}
    event = AuditEvent.objects.get(verb="held_released")
    assert (event.letter, event.actor, event.object_id) == (first, operator, "2")


def test_what_is_held_can_be_cancelled(mails):
    letter = make_delivered()
    restores.hold()
    first = letter.deliveries.first()

    assert deliveries.cancel(first, by=make_user())
    assert restores.release(letter, by=make_user(is_superuser=True)) == 1
    sweep()

    assert (states(letter), len(mails.mails)) == (["accepted", "cancelled"], 1)


def test_the_close_that_was_due_meanwhile_is_told_to_nobody_again(mails):
    """It happened on the day, and its notices went out; the copy does not know."""
    letter = make_letter()
    restores.is_own_database()
    Letter.objects.update(opens_at="2020-01-01T00:00Z", closes_at="2020-01-02T00:00Z")
    put_back_a_copy()

    sweep()
    tasks.close_letters()
    sweep()

    assert Letter.objects.get().state == "closed"
    assert (states(letter), mails.mails) == (["held"], [])


def test_the_milestone_that_had_fallen_meanwhile_is_told_to_nobody_again(mails):
    letter = make_letter(milestones=(1,))
    sign(letter, "Ada Lovelace")  # in this test nothing is committed, so the milestone is not seen
    restores.is_own_database()
    put_back_a_copy()

    sweep()
    tasks.publish_batches()
    sweep()

    assert (states(letter), mails.mails) == (["held"], [])


def test_a_letter_that_was_closed_meanwhile_is_closed_again(client):
    """Its key for marks is destroyed, so whoever had signed it could sign it again."""
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    restores.is_own_database()
    letters.destroy_keys(letter)
    put_back_a_copy()

    restores.is_own_database()

    assert Letter.objects.get().state == "closed"
    assert len(events("closed_again")) == 1
    assert states(letter) == ["held"]
    assert client.get(f"{letter.get_absolute_url()}sign/").status_code == 409
    restores.is_own_database()
    assert len(events("closed_again")) == 1


def test_a_letter_that_has_lost_all_its_keys_stays_open():
    """Closing leaves the followers' key; so nobody closed it, but the keys are lost."""
    letter = make_letter()
    restores.is_own_database()
    put_back_a_copy()
    shutil.rmtree(settings.KEYS_DIR / "letters" / str(letter.public_id))

    restores.is_own_database()

    assert Letter.objects.get().state == "open"
