from __future__ import annotations

import time

import pytest
from django.core.mail import EmailMessage

from petitions import codes, undelivered
from tests.mailserver import MailServer, free_port
from tests.promises.faults import FaultyServer, drips, hangs, in_turn, says, takes_its_time
from tests.promises.processes import until

SHORT = 0.5  # seconds
BUSY = 10 * SHORT  # what a busy machine makes of it; without a limit it takes far longer


def message(address="ada@example.test"):
    return EmailMessage("Your code", "ABCD-2345", "codes@plain.test", [address])


def test_one_connection_carries_many_codes(mails):
    sender = codes.Sender(threads=1)

    for number in range(20):
        sender.send(message(f"person{number}@example.test"))
    sender.drain(10)

    assert len(mails.mails) == 20
    assert len({mail["X-Peer-Port"] for mail in mails.mails}) == 1


def test_a_full_queue_says_so_at_once(settings):
    sender = codes.Sender(threads=0, capacity=2)
    sender.send(message())
    sender.send(message())

    with pytest.raises(codes.Busy):
        sender.send(message())


def test_a_code_is_sent_over_a_new_connection_when_the_kept_one_died(mails):
    sender = codes.Sender(threads=1)
    sender.send(message("first@example.test"))
    mails.wait(lambda: mails.to("first@example.test"))
    mails.hang_up()

    sender.send(message("second@example.test"))

    assert mails.wait(lambda: mails.to("second@example.test"))


def test_a_message_that_cannot_be_sent_ends_no_thread(mails):
    sender = codes.Sender(threads=1)
    sender.send(message("user@א１.com"))
    sender.send(message("user@bücher..test"))

    sender.send(message("next@example.test"))

    assert mails.wait(lambda: mails.to("next@example.test"))


def test_a_full_queue_is_full_for_everybody():
    sender = codes.Sender(threads=0, capacity=1)
    sender.require_room()
    sender.send(message())

    with pytest.raises(codes.Busy):
        sender.require_room()


def test_the_mail_server_is_not_told_the_name_of_this_machine(mails):
    sender = codes.Sender(threads=1)
    sender.send(message())
    mails.wait(lambda: mails.mails)

    assert [mail["X-Helo"] for mail in mails.mails] == ["undersigned.test"]


def test_a_mail_server_that_is_gone_ends_no_thread(mails, settings):
    sender, port = codes.Sender(threads=1), settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    sender.send(message("lost@example.test"))
    sender.drain(10)
    settings.EMAIL_PORT = port

    sender.send(message("next@example.test"))

    assert mails.wait(lambda: mails.to("next@example.test"))


@pytest.mark.parametrize("step", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("fault", [drips("250"), hangs], ids=["drips", "hangs"])
def test_no_mail_server_holds_a_sender_beyond_its_limit(settings, monkeypatch, step, fault):
    """One that drips sends each byte in time."""
    monkeypatch.setattr(codes, "LONGEST_SECONDS", SHORT)
    monkeypatch.setattr(codes, "GOODBYE_SECONDS", SHORT / 5)
    sender = codes.Sender(threads=1)
    with FaultyServer({step: fault}) as server:
        settings.EMAIL_PORT = server.port
        begun = time.monotonic()
        sender.send(message("lost@example.test"))
        sender.drain(10)
        took = time.monotonic() - begun
        server.heal()
        sender.send(message("next@example.test"))
        sender.drain(10)

        assert SHORT <= took < BUSY
        assert b"next@example.test" in server.taken[-1]
        assert server.connections == 2


def test_one_limit_holds_for_all_that_is_tried(settings, monkeypatch):
    """Each reply alone is in time."""
    monkeypatch.setattr(codes, "LONGEST_SECONDS", SHORT)
    sender, slow = codes.Sender(threads=1), takes_its_time(SHORT / 3)
    replies = {"connect": "220 at last", "EHLO": "250 at last", "MAIL": "250 at last", "RCPT": "250 at last"}
    with FaultyServer({step: in_turn(slow, says(reply)) for step, reply in replies.items()}) as server:
        settings.EMAIL_PORT = server.port
        begun = time.monotonic()
        sender.send(message())
        sender.drain(10)

        assert time.monotonic() - begun < BUSY
        assert server.taken == []


def test_a_code_that_the_server_may_have_is_not_sent_again(settings):
    with FaultyServer({"dot": says("451 later")}) as server:
        settings.EMAIL_PORT = server.port
        sender = codes.Sender(threads=1)
        sender.send(message())
        sender.drain(10)
        refused = len(server.taken)

    with FaultyServer({"dot": lambda talk: talk.line.close()}) as server:
        settings.EMAIL_PORT = server.port
        sender.send(message())
        sender.drain(10)

        assert (refused, len(server.taken)) == (2, 1)


@pytest.mark.parametrize(("reply", "asked"), [("550 nobody", 1), ("421 come back", 2)])
def test_only_what_may_change_is_asked_again(settings, reply, asked):
    with FaultyServer({"RCPT": says(reply)}) as server:
        settings.EMAIL_PORT = server.port
        sender = codes.Sender(threads=1)
        sender.send(message())
        sender.drain(10)

        assert server.heard.count("RCPT") == asked


def test_a_server_that_is_gone_is_told_until_one_answers(mails, settings):
    sender, port = codes.Sender(threads=1), settings.EMAIL_PORT
    assert not sender.is_failing

    settings.EMAIL_PORT = 1
    sender.send(message())
    sender.drain(10)
    assert sender.is_failing

    settings.EMAIL_PORT = port
    sender.send(message("next@example.test"))
    sender.drain(10)
    assert not sender.is_failing


def test_it_is_told_too_when_the_one_who_asked_gets_no_code(mails, settings):
    """Otherwise the sentence would say that a mailbox has had its codes."""
    sender, settings.EMAIL_PORT = codes.Sender(threads=1), 1

    sender.send(None)
    sender.drain(10)

    assert sender.is_failing


def test_a_reader_whom_the_server_refuses_is_no_failure_of_the_server(settings):
    with FaultyServer({"RCPT": says("550 no such user")}) as server:
        settings.EMAIL_PORT = server.port
        sender = codes.Sender(threads=1)
        sender.send(message())
        sender.drain(10)

    assert not sender.is_failing


def test_while_nobody_is_let_in_a_few_ask_for_all(settings):
    """The control: each code alone would be two connections."""
    with FaultyServer({"connect": lambda talk: talk.line.close()}) as server:
        settings.EMAIL_PORT = server.port
        sender, before = codes.Sender(), undelivered.tens("gone.test")
        for number in range(100):
            sender.send(message(f"person{number}@gone.test"))
            time.sleep(0.01)  # or all would be given up at once
        sender.drain(60)

        assert sender.is_failing
        assert 4 <= server.connections <= 100
        assert undelivered.tens("gone.test") == before + 100


def test_who_waits_for_a_silent_server_does_not_wait_in_line(settings, monkeypatch):
    monkeypatch.setattr(codes, "LONGEST_SECONDS", SHORT)
    monkeypatch.setattr(codes, "HELD_SECONDS", SHORT / 5)
    with FaultyServer({"connect": hangs}) as server:
        settings.EMAIL_PORT = server.port
        sender, before = codes.Sender(threads=1), undelivered.tens("silent.test")
        for number in range(50):
            sender.send(message(f"person{number}@silent.test"))
        sender.drain(60)

        assert server.connections <= 10
        assert undelivered.tens("silent.test") == before + 50
        server.heal()
        sender.send(message("next@silent.test"))
        sender.drain(60)
        assert b"next@silent.test" in server.taken[-1]


def test_codes_that_are_held_leave_when_the_server_is_back(settings, monkeypatch):
    """Those too who had waited for long behind a slow one. Held for a minute, so that a busy machine can start it."""
    monkeypatch.setattr(codes, "HELD_SECONDS", 60)
    sender, settings.EMAIL_PORT = codes.Sender(), free_port()
    people = {f"person{number}@example.test" for number in range(20)}
    for number in range(10):
        sender._waiting.put_nowait((time.monotonic() - 120, message(f"person{number}@example.test")))
    for number in range(10, 20):
        sender.send(message(f"person{number}@example.test"))
    until(lambda: sender.is_failing)

    server = MailServer(settings.EMAIL_PORT)
    server.start()
    try:
        sender.drain(60)
        assert {mail["X-Envelope-To"] for mail in server.mails} == people
        assert not sender.is_failing
    finally:
        server.stop()


def test_a_reader_who_is_put_off_costs_nobody_else_their_code(mails, monkeypatch):
    monkeypatch.setattr(codes, "HELD_SECONDS", 0)
    sender, mails.refusals["grey@example.test"] = codes.Sender(threads=1), ["451 later", "451 later"]
    for name in ("grey", "ada", "grace"):
        sender.send(message(f"{name}@example.test"))
    sender.drain(60)

    assert [mail["X-Envelope-To"] for mail in mails.mails] == ["ada@example.test", "grace@example.test"]
