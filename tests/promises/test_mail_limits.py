"""P13, in time and memory: no mail server holds a sender, however it goes about it."""

from __future__ import annotations

import contextlib
import time
import tracemalloc

import pytest
from celery.concurrency.thread import TaskPool
from django.db import connection

from petitions import mailserver, tasks
from petitions.flows import rounds
from petitions.models import Lease
from petitions.smtp import Conversation
from tests.promises.faults import ENDLESS, FaultyServer, drips, hangs, in_turn, says, takes_its_time
from tests.promises.outbox import connect, delivered_to_one_recipient, outcome, sweep

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P13")]

SHORT = 0.5  # seconds


def test_a_server_that_is_slow_in_everything_has_one_limit_for_all_of_it(settings, monkeypatch):
    """Each of its replies is in time, and so is each byte."""
    monkeypatch.setattr(mailserver, "CONVERSATION_SECONDS", SHORT)
    slow = takes_its_time(SHORT / 3)
    script = {
        verb: in_turn(slow, says(f"{code} at last"))
        for verb, code in {"connect": 220, "EHLO": 250, "MAIL": 250, "RCPT": 250, "DATA": 451}.items()
    }
    with FaultyServer(script) as server:
        connect(settings, server)
        row = delivered_to_one_recipient()
        sweep()

        assert outcome(row, server) == ("queued", None, 0, 1)
        assert row.smtp_text == "TimeoutError"


def test_nobody_waits_for_an_answer_longer_than_for_all_of_it(settings, monkeypatch):
    monkeypatch.setattr(mailserver, "CONVERSATION_SECONDS", SHORT)
    with FaultyServer({"dot": hangs}) as server:
        connect(settings, server)
        row = delivered_to_one_recipient()
        sweep()

        assert outcome(row, server) == ("unknown", None, 1, 1)


def test_a_server_that_takes_in_nothing_does_not_hold_its_sender(settings, monkeypatch):
    """More than all buffers on the way can hold."""
    monkeypatch.setattr(mailserver, "CONVERSATION_SECONDS", SHORT)
    with FaultyServer({"body": hangs}) as server:
        connect(settings, server)
        begun = time.monotonic()
        with pytest.raises(OSError):
            converse(b"hello\r\n" + b"x" * 50_000_000)

    assert time.monotonic() - begun < SHORT + 5


@pytest.mark.django_db(transaction=True)
def test_among_threads_celery_stops_nothing_and_a_conversation_ends_by_itself(settings, monkeypatch):
    """As under `make run`: its worker has threads, which cannot be interrupted."""
    monkeypatch.setattr(mailserver, "CONVERSATION_SECONDS", SHORT)
    threads, limits = TaskPool(1), {"soft_timeout": SHORT / 10, "timeout": SHORT / 5}

    def in_a_thread(work):
        ended = []
        threads.apply_async(lambda: (work(), connection.close()), callback=ended.append, **limits).wait(10)
        return len(ended)

    with FaultyServer({"EHLO": drips("250")}) as server:
        assert (
            in_a_thread(lambda: server.over.wait(SHORT)) == 1
        )  # longer than Celery was told, and it ended well
        connect(settings, server)
        row = delivered_to_one_recipient()
        assert in_a_thread(sweep) == 1
        threads.on_stop()

        assert outcome(row, server) == ("queued", None, 0, 1)
        assert row.smtp_text == "TimeoutError"


def converse(body: bytes) -> None:
    with Conversation() as conversation:
        conversation.offer("us@letters.test", "boss@company.test")
        conversation.hand_over(body)


@pytest.mark.parametrize("step", ["connect", "EHLO", "dot", "QUIT"])
def test_a_reply_without_end_takes_no_memory(settings, step):
    with FaultyServer({step: ENDLESS}) as server:
        connect(settings, server)
        tracemalloc.start()
        with contextlib.suppress(OSError):
            converse(b"hello\r\n")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak < 2_000_000


def test_the_limits_leave_room_for_the_answer_and_end_before_the_task_does():
    asked = mailserver.COMMAND_SECONDS + mailserver.ANSWER_SECONDS
    conversation = mailserver.CONVERSATION_SECONDS
    stopped = tasks.send_delivery.soft_time_limit

    assert asked < conversation - rounds.SECONDS < conversation < stopped < Lease.LASTS.total_seconds()
    assert tasks.send_round.soft_time_limit == stopped
