"""What goes to many followers over one connection: each mail is still let out, handed over and kept by itself."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from petitions import mail, subscribers, tasks
from petitions.circulars import Circular
from petitions.crypto import typed
from petitions.flows import deliveries, letters, pauses, restores, rounds
from petitions.models import Delivery, Installation, Lease, Subscription, Uptime
from petitions.models.leases import take_back_abandoned
from petitions.models.rounds import RoundLease
from petitions.smtp import Conversation, KeptConversation
from tests.beside import Beside
from tests.factories import make_letter, make_user, post_update
from tests.promises.faults import FaultyServer
from tests.promises.outbox import connect

pytestmark = pytest.mark.django_db

NAMES = ("ada", "grace", "radia")
BOUNDARY = re.compile(rb"===============\d+==|Date: [^\r]*")


def followed(*names: str):
    letter = make_letter()
    for name in names:
        subscribers.sealed(letter, address=address(name), mark=typed.digest(name)).save()
    return letter


def address(name: str) -> str:
    return f"{name}@private.test"


def told(letter) -> list[int]:
    """The rows of an update, in the order of the names."""
    post_update(
        letter, title="Größe, die zählt " * 5, text="They *listened*, said [one](https://one.example)."
    )
    return [row.pk for name in NAMES for row in of_followers() if address_of(row) == address(name)]


def of_followers():
    return Delivery.objects.to_followers().select_related(*rounds.READ).order_by("pk")


def address_of(row: Delivery) -> str:
    return subscribers.opened(row.subscription)["address"]


def states(pks) -> list[str]:
    found = dict(Delivery.objects.values_list("pk", "state"))
    return [found.get(pk, "gone") for pk in pks]


def readers(mails) -> list[str]:
    return [each["X-Envelope-To"] for each in mails.mails]


def lines(mails) -> int:
    return len({each["X-Peer-Port"] for each in mails.mails})


def same(body: bytes) -> bytes:
    """Without what is another one each time that a mail is written."""
    return BOUNDARY.sub(b"", body)


@pytest.mark.parametrize(
    "tell",
    [
        lambda letter: post_update(letter, title="Wörter " * 20, text="x" * 60 + " *listened*\n\n.\n" * 40),
        letters.close,
    ],
    ids=["update", "closing"],
)
def test_a_circular_is_for_each_reader_what_their_own_mail_would_be(tell):
    letter = followed("ada", "b" * 60, "o.'hara+x")
    tell(letter)
    rows = list(of_followers())
    circular = Circular.of(rows[0])

    for row in rows:
        own = mail.compose(row)
        assert circular.to(row)[0] == own.to == address_of(row)
        assert same(circular.to(row)[1]) == same(own.as_email().as_bytes())


def test_many_followers_are_told_over_one_connection(mails):
    letter = followed(*NAMES)
    pks = told(letter)

    rounds.bring(pks)

    assert (states(pks), readers(mails)) == (["accepted"] * 3, [address(name) for name in NAMES])
    assert lines(mails) == 1
    for row in of_followers():
        attempt = row.tries.get()
        assert (attempt.number, attempt.outcome, attempt.smtp_code, attempt.smtp_text) == (
            1,
            "accepted",
            250,
            "OK",
        )
        assert attempt.started_at <= attempt.body_started_at <= attempt.ended_at
        assert (row.smtp_code, row.lease_token, row.attempts) == (250, None, 1)


def test_a_round_that_is_rung_twice_tells_everybody_once(mails):
    pks = told(followed(*NAMES))

    rounds.bring(pks)
    rounds.bring(pks)

    assert len(mails.mails) == 3


def test_who_is_refused_does_not_stop_the_others(mails):
    pks = told(followed(*NAMES))
    mails.refusals[address("ada")] = ["550 gone"]
    mails.refusals[address("grace")] = ["451 later"]

    rounds.bring(pks)

    assert states(pks) == ["refused", "queued", "accepted"]
    assert [row.smtp_code for row in of_followers().filter(pk__in=pks[:2]).order_by("-smtp_code")] == [
        550,
        451,
    ]
    assert lines(mails) == 1


def test_one_who_is_refused_in_one_go_with_data_gets_nothing_and_the_others_are_told(settings):
    """This server waits for a body although it refused its only reader."""
    pks = told(followed(*NAMES))
    no_ada = {"RCPT": lambda talk: talk.say("550 gone" if talk.server.heard.count("RCPT") == 1 else "250 ok")}

    with FaultyServer(no_ada, offers=("PIPELINING",)) as server:
        connect(settings, server)
        rounds.bring(pks)

    assert (states(pks), len(server.taken)) == (["refused", "accepted", "accepted"], 2)
    assert server.heard == [
        *("EHLO", "MAIL", "RCPT", "DATA"),
        *("EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "QUIT"),
    ]


def test_a_connection_that_the_server_closes_is_made_anew(mails):
    pks = told(followed(*NAMES))
    mails.refusals[address("grace")] = ["421 enough for one connection"]

    rounds.bring(pks)

    assert (states(pks), lines(mails)) == (["accepted"] * 3, 2)


def test_a_connection_that_is_gone_is_made_anew(mails, monkeypatch):
    pks = told(followed(*NAMES))
    hand_over = Conversation.hand_over

    def then_it_is_gone(conversation, body):
        answer = hand_over(conversation, body)
        conversation._server.sock.close()
        return answer

    monkeypatch.setattr(Conversation, "hand_over", then_it_is_gone)
    rounds.bring(pks)

    assert (states(pks), lines(mails)) == (["accepted"] * 3, 3)


def test_a_round_begins_no_mail_when_its_time_is_over(mails, monkeypatch):
    pks = told(followed(*NAMES))
    monkeypatch.setattr(rounds, "SECONDS", 0)

    rounds.bring(pks)

    assert (states(pks), mails.mails) == (["queued"] * 3, [])


def test_behind_a_dead_server_one_is_tried_and_the_rest_waits(settings):
    pks = told(followed(*NAMES))
    settings.EMAIL_PORT = 1
    Delivery.objects.update(rung_at=timezone.now())

    rounds.bring(pks)

    assert states(pks) == ["queued"] * 3
    assert Delivery.objects.rung().count() == 2
    assert sorted(of_followers().values_list("attempts", flat=True)) == [0, 0, 1]


def test_a_line_that_breaks_after_the_body_began_leaves_one_unknown(settings):
    pks = told(followed(*NAMES))

    with FaultyServer({"dot": lambda talk: talk.line.close()}) as server:
        connect(settings, server)
        rounds.bring(pks)

    assert states(pks) == ["unknown", "queued", "queued"]
    assert Delivery.objects.get(pk=pks[0]).tries.get().body_started_at is not None


BETWEEN = {
    "unsubscribes": lambda row: row.subscription.delete(),
    "is cancelled": lambda row: deliveries.cancel(row, by=make_user()),
    "is paused": lambda row: pauses.pause(row.letter, by=make_user()),
    "is paused with the site": lambda row: pauses.pause_site(pauses.Switch.MAILS, by=make_user()),
    "lost its database": lambda row: Installation.objects.update(epoch=uuid.uuid4()),
    "lost its lease": lambda row: Delivery.objects.filter(pk=row.pk).update(lease_token=uuid.uuid4()),
}


@pytest.mark.parametrize("happens", BETWEEN.values(), ids=BETWEEN.keys())
def test_what_happens_before_the_body_keeps_the_mail_back(mails, monkeypatch, happens):
    """The server waits for the body already. Who follows is told over a new connection, if at all."""
    pks = told(followed(*NAMES))
    offer = KeptConversation.offer

    def then_it_happens(kept, sender, recipient):
        waiting = offer(kept, sender, recipient)
        if recipient == address("grace"):
            happens(Delivery.objects.get(pk=pks[1]))
        return waiting

    monkeypatch.setattr(KeptConversation, "offer", then_it_happens)
    rounds.bring(pks)

    assert address("grace") not in readers(mails)
    assert states(pks[:1]) == ["accepted"]  # which is written down in one step with what becomes of the next
    assert not Delivery.objects.filter(pk=pks[1]).exclude(body_started_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_everybody_can_read_in_data_before_each_body_leaves(mails, monkeypatch):
    pks = told(followed(*NAMES))
    hand_over, seen = Conversation.hand_over, []

    def looked_at(conversation, body):
        seen.append(Beside(lambda: states(pks)).outcome())
        return hand_over(conversation, body)

    monkeypatch.setattr(Conversation, "hand_over", looked_at)
    rounds.bring(pks)

    assert [each.count("in_data") for each in seen] == [1, 1, 1]
    assert [each.index("in_data") for each in seen] == [0, 1, 2]
    assert seen[2][:2] == ["accepted", "accepted"]


def test_of_two_rounds_one_gets_a_row():
    pks = told(followed(*NAMES))

    first = RoundLease.take_all(pks[:2], uuid.uuid4())
    second = RoundLease.take_all(pks, uuid.uuid4())

    assert [[lease.delivery for lease in taken] for taken in (first, second)] == [pks[:2], pks[2:]]


def test_a_round_ends_in_time_and_what_it_claimed_is_free_again(mails, monkeypatch):
    pks = told(followed(*NAMES))
    monkeypatch.setattr(rounds.Round, "is_over", property(lambda _round: bool(mails.mails)))
    Delivery.objects.update(rung_at=timezone.now())

    rounds.bring(pks)

    assert states(pks) == ["accepted", "queued", "queued"]
    assert {row.pk for row in Delivery.objects.unrung()} == {*pks[1:]}


def test_followers_are_rung_for_in_rounds_and_others_by_themselves(monkeypatch):
    rung, alone = [], []
    monkeypatch.setattr(tasks.send_round, "delay", rung.append)
    monkeypatch.setattr(tasks.send_delivery, "delay", alone.append)
    monkeypatch.setattr(tasks, "ROUND", 2)
    letter = followed(*NAMES)
    letters.close(letter)

    for _ in range(2):
        tasks.drain_outbox()

    assert [len(each) for each in rung] == [2, 1]
    assert sorted(pk for each in rung for pk in each) == list(of_followers().values_list("pk", flat=True))
    assert alone == [Delivery.objects.to_others().get().pk]


def test_a_follower_who_cannot_be_read_is_cancelled_and_the_others_are_told(mails):
    letter = followed(*NAMES)
    pks = told(letter)
    Subscription.objects.filter(deliveries=pks[0]).update(sealed=b"x")

    rounds.bring(pks)

    assert states(pks) == ["cancelled", "accepted", "accepted"]


def test_a_row_that_is_not_due_is_left_alone(mails):
    pks = told(followed(*NAMES))
    Delivery.objects.filter(pk=pks[0]).update(not_before=timezone.now() + timedelta(hours=1))
    restores.is_own_database()

    rounds.bring(pks)

    assert states(pks) == ["queued", "accepted", "accepted"]


def test_what_was_claimed_before_a_crash_is_unknown_and_everything_else_goes_on():
    pks = told(followed(*NAMES))
    RoundLease.take_all(pks[:1], uuid.uuid4())
    Lease.take(pks[1])  # whose sender waits until the start of the body is on disk

    Uptime.objects.all().delete()  # as PostgreSQL does when it recovers
    RoundLease.take_all(pks[2:], uuid.uuid4())
    take_back_abandoned()

    assert states(pks) == ["unknown", "leased", "leased"]
    attempt = Delivery.objects.get(pk=pks[0]).tries.get()
    assert (attempt.outcome, attempt.smtp_text, attempt.ended_at) == (
        "unknown",
        "DatabaseCrashed",
        attempt.body_started_at,
    )
