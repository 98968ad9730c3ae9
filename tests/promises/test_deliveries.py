"""The letter arrives once: senders that are killed, a broker that forgets, a mail server that is gone for a day."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import SignInLink
from petitions import subscribers, tasks
from petitions.crypto import typed
from petitions.flows import deliveries
from petitions.models import Delivery, Letter
from petitions.models.deliveries import DeliveryQuerySet
from tests.factories import make_letter, post_update, sign
from tests.mailserver import MailServer
from tests.promises.moments import end_leases, pass_by
from tests.promises.processes import Processes
from tests.promises.sizes import sized
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.outbox, pytest.mark.timeout(sized(300, 3000))]

State = Delivery.State


def make_delivery(recipients: int) -> Letter:
    """A signed letter, delivered to so many."""
    letter = make_letter_to(recipients)
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    return letter


def make_letter_to(recipients: int) -> Letter:
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    letter.recipients.all().delete()
    for number in range(recipients):
        letter.recipients.create(name=f"Reader {number}", address=f"reader{number}@company.test")
    return letter


def states(letter: Letter) -> Counter[str]:
    return in_states(letter.deliveries.letters())


def in_states(rows: DeliveryQuerySet) -> Counter[str]:
    return Counter(rows.values_list("state", flat=True))


def copies(mails: MailServer) -> Counter[str]:
    return Counter(mail["X-Envelope-To"] for mail in list(mails.mails))


def is_done(letter: Letter) -> bool:
    return not waiting(states(letter))


def waiting(found: Counter[str]) -> set[str]:
    return {State.QUEUED, State.LEASED, State.IN_DATA} & set(found)


@pytest.mark.promise("P12")
def test_killed_senders_send_nobody_a_second_copy(parts, mails, figures):
    readers, kills, seed = sized(30, 200), sized(6, 50), random.randrange(10**6)
    chance = random.Random(seed)
    mails.pauses = (0.3, 0.3)
    letter = make_delivery(readers)
    parts.start_worker(queues="undersigned")
    parts.start_beat()
    for _ in range(kills // 2):
        parts.start_worker("first", queues="deliveries")
        parts.start_worker("second", queues="deliveries")
        parts.wait(lambda: states(letter)[State.IN_DATA] or is_done(letter))  # the letter is printed by then
        time.sleep(chance.uniform(0, 2))  # the instant is what is drawn
        parts.kill("first")
        parts.kill("second")
        end_leases()
    mails.pauses = (0.0, 0.0)
    parts.start_worker("last", queues="deliveries")
    parts.wait(lambda: is_done(letter), 120)

    found, arrived = states(letter), copies(mails)
    unknown = letter.deliveries.filter(state=State.UNKNOWN).values_list("recipient__address", flat=True)
    figures(seed=seed, recipients=readers, kills=kills, accepted=found[State.ACCEPTED], unknown=len(unknown))
    figures(unknown_that_arrived=sum(arrived[address] for address in unknown))
    assert unknown, "no kill hit a mail that was being handed over: it proved nothing"
    assert max(arrived.values()) == 1
    assert found[State.ACCEPTED] + found[State.UNKNOWN] == readers
    accepted = letter.deliveries.filter(state=State.ACCEPTED).values_list("recipient__address", flat=True)
    assert [address for address in accepted if not arrived[address]] == []


@pytest.mark.promise("P12")
def test_killed_senders_send_no_follower_a_second_copy(parts, mails, figures):
    """They are claimed many at once: what is claimed and not begun waits for the next sender."""
    followers, kills, seed = sized(30, 200), sized(3, 30), random.randrange(10**6)
    chance = random.Random(seed)
    mails.pauses = (0.3, 0.3)
    letter = make_letter()
    for number in range(followers):
        mark = typed.digest(str(number))
        subscribers.sealed(letter, address=f"reader{number}@private.test", mark=mark).save()
    post_update(letter, title="What happened", text="They listened.")
    rows = letter.deliveries.all().to_followers()
    parts.start_worker(queues="undersigned")
    parts.start_beat()
    for _ in range(kills):
        parts.start_worker("sender", queues="deliveries")
        parts.wait(lambda: in_states(rows)[State.IN_DATA] or not waiting(in_states(rows)))
        time.sleep(chance.uniform(0, 1))  # the instant is what is drawn
        parts.kill("sender")
        end_leases()
    mails.pauses = (0.0, 0.0)
    parts.start_worker("last", queues="deliveries")
    parts.wait(lambda: not waiting(in_states(rows)), 120)

    found, arrived = in_states(rows), copies(mails)
    figures(seed=seed, followers=followers, kills=kills, accepted=found[State.ACCEPTED])
    figures(unknown=found[State.UNKNOWN])
    assert found[State.UNKNOWN], "no kill hit a mail that was being handed over: it proved nothing"
    assert found[State.ACCEPTED] + found[State.UNKNOWN] == followers
    assert max(arrived[f"reader{number}@private.test"] for number in range(followers)) == 1


@pytest.mark.promise("P14")
def test_an_emptied_broker_delays_and_doubles_nothing(parts, mails, figures):
    readers = sized(20, 100)
    mails.pauses = (0.1, 0.0)
    parts.start_worker()
    parts.start_beat("beat")
    parts.start_beat("second")  # two beats do no harm either
    letter = make_delivery(readers)
    parts.wait(lambda: len(mails.mails) >= readers // 4)

    redis.Redis(unix_socket_path=settings.REDIS_URL.removeprefix("unix://")).flushall()
    emptied = time.monotonic()
    pass_by(sized(Delivery.RING, timedelta(0)))  # after which a lost ring is repeated
    parts.wait(lambda: is_done(letter), 90)

    figures(recipients=readers, seconds_to_the_last=round(time.monotonic() - emptied, 1))
    assert states(letter) == {State.ACCEPTED: readers}
    assert set(copies(mails).values()) == {1}
    assert time.monotonic() - emptied < 60


@pytest.mark.promise("P14")
def test_an_hour_without_beat_delays_and_doubles_nothing_more(parts, mails):
    """The worker alone does nothing; what waited is sent once when the clock is back, also when it comes twice."""
    letter = make_delivery(5)
    parts.start_worker()
    pass_by(timedelta(hours=1))
    assert states(letter) == {State.QUEUED: 5}

    parts.start_beat("first")
    parts.start_beat("second")
    parts.wait(lambda: is_done(letter))

    arrived = copies(mails)  # of what waited for an hour organizers are told as well
    assert states(letter) == {State.ACCEPTED: 5}
    assert [arrived[address] for address in letter.recipients.values_list("address", flat=True)] == [1] * 5


@pytest.mark.promise("P15")
def test_deliver_pressed_ten_times_at_once_sends_once(parts, mails, figures):
    readers = sized(12, 200)
    letter = make_letter_to(readers)
    parts.start_web()
    parts.start_worker()
    parts.start_beat()
    parts.wait(parts.answers)
    path = f"/admin/petitions/letter/{letter.pk}/deliver/"
    owner = organizer(parts, letter)
    chosen = owner.ticked(path, "recipients")
    form = owner.hidden(path) | {"while_open": "on", "recipients": chosen, "title": letter.title}
    barrier = threading.Barrier(10)

    def press(_: int) -> int:
        barrier.wait()
        return owner.send(path, **form).status

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(press, range(10)))
    parts.wait(lambda: states(letter)[State.ACCEPTED] == readers)

    figures(presses=10, recipients=readers, mails=len(mails.mails))
    assert answers == [200] * 10
    assert (letter.snapshots.count(), letter.deliveries.letters().count()) == (1, readers)
    assert set(copies(mails).values()) == {1}
    assert len(copies(mails)) == readers


@pytest.mark.promise("P16")
def test_what_was_stopped_never_arrives_and_everything_else_does(parts, mails, figures):
    rounds, readers, seed = sized(3, 20), sized(20, 100), random.randrange(10**6)
    chance = random.Random(seed)
    mails.pauses = (0.02, 0.02)
    parts.start_worker()
    parts.start_beat()
    stopped_in_all = 0
    for _ in range(rounds):
        mails.mails.clear()
        letter = make_delivery(readers)
        parts.wait(lambda letter=letter: states(letter)[State.ACCEPTED])
        time.sleep(chance.uniform(0, 1))  # the instant is what is drawn
        snapshot = letter.snapshots.get()
        stopped = {
            row.recipient.address
            for row in deliveries.cancel_rest(snapshot, by=letter.memberships.get().user)
        }
        parts.wait(lambda letter=letter: is_done(letter))
        stopped_in_all += len(stopped)
        everybody = set(letter.recipients.values_list("address", flat=True))
        assert copies(mails) == dict.fromkeys(everybody - stopped, 1)
        assert states(letter)[State.CANCELLED] == len(stopped)
    figures(seed=seed, rounds=rounds, recipients=readers, stopped=stopped_in_all)
    assert 0 < stopped_in_all < rounds * readers


@pytest.mark.promise("P17")
def test_a_day_without_the_mail_server_loses_and_doubles_nothing(parts, figures):
    readers = sized(8, 50)
    mails = MailServer()
    parts.environment["EMAIL_PORT"] = str(mails.port)  # nobody listens there yet
    parts.start_worker()
    parts.start_beat()
    letter = make_delivery(readers)
    waits = []
    for attempt in range(1, sized(9, 30)):
        parts.wait(lambda attempt=attempt: was_tried(letter, attempt))
        waits.append(longest_wait(letter))
        pass_by(timedelta(hours=1))
    tasks.tell_of_trouble()
    assert states(letter).total() == readers  # an hour later some are being tried again
    assert set(states(letter)) <= {State.QUEUED, State.LEASED}
    minutes = [round(wait / timedelta(minutes=1)) for wait in waits]
    assert minutes == sorted(minutes)
    assert timedelta(seconds=30) < waits[0] < timedelta(minutes=1)
    assert timedelta(minutes=58) < waits[-1] <= timedelta(hours=1)

    mails.start()
    try:
        pass_by(timedelta(hours=1))
        parts.wait(lambda: is_done(letter))
        organizer = letter.memberships.get().user.email
        mails.wait(
            lambda: "Mails of your letter need a look" in [mail["Subject"] for mail in mails.to(organizer)],
            60,
        )
    finally:
        mails.stop()
    figures(recipients=readers, hours=len(waits), attempts_each=len(waits) + 1)
    assert states(letter) == {State.ACCEPTED: readers}
    letters = [mail for mail in mails.mails if mail["Subject"] == letter.title]
    assert Counter(mail["To"] for mail in letters) == dict.fromkeys(
        letter.recipients.values_list("address", flat=True), 1
    )


def was_tried(letter: Letter, times: int) -> bool:
    """Each mail so often, and none is being tried."""
    rows = letter.deliveries.letters()
    return not rows.exclude(state=State.QUEUED, attempts=times).exists()


def longest_wait(letter: Letter) -> timedelta:
    return max(row.not_before for row in letter.deliveries.letters()) - timezone.now()


@pytest.mark.promise("P12")
def test_a_stopping_worker_leaves_what_it_was_handing_over_to_the_sweep(parts, mails):
    """A short grace here, thirty seconds elsewhere; the mail server takes its time."""
    mails.pauses = (30.0, 0.0)
    parts.environment["WORKER_GRACE_SECONDS"] = "1"
    letter = make_delivery(1)
    parts.start_worker()
    parts.start_beat()
    parts.wait(lambda: states(letter)[State.IN_DATA])

    began = time.monotonic()
    parts.end("worker", seconds=20)
    assert time.monotonic() - began < 15
    assert states(letter) == {State.IN_DATA: 1}

    end_leases()
    parts.start_worker()
    parts.wait(lambda: states(letter) == {State.UNKNOWN: 1})
    delivery = letter.deliveries.letters().get()
    assert [attempt.outcome for attempt in delivery.tries.all()] == [State.UNKNOWN]


def organizer(parts: Processes, letter: Letter) -> Visitor:
    """Signed in, with the page to deliver the letter in front."""
    visitor = Visitor(parts.url)
    visitor.post(parts.url + reverse("sign_in_link", args=[SignInLink.issue(letter.memberships.get().user)]))
    return visitor
