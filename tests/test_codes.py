from __future__ import annotations

import pytest
from django.core.mail import EmailMessage

from petitions import codes


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
