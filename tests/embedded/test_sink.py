import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest

from petitions.embedded import addresses, mailbox, sink
from petitions.embedded.sink import KEPT, Sink


def make_message(
    subject: str = "A code", to: str = "ada@example.com", text: str = "1234", attachment: bytes = b""
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "codes@example.org", to, subject
    message.set_content(text)
    if attachment:
        message.add_attachment(attachment, maintype="application", subtype="pdf")
    return message


def subjects() -> list[str]:
    return [mail["subject"] for mail in mailbox.read()]


def test_an_empty_mailbox_is_an_empty_list(smtp):
    assert mailbox.read() == []


def test_the_newest_mail_comes_first(smtp):
    for number in ("1", "2", "3"):
        smtp.send_message(make_message(number))

    assert subjects() == ["3", "2", "1"]


def test_a_mail_says_what_it_is(smtp):
    smtp.send_message(make_message())

    (mail,) = mailbox.read()

    assert mail.pop("key")
    assert mail.pop("received")
    assert mail == {
        "to": "ada@example.com",
        "from": "codes@example.org",
        "subject": "A code",
        "text": "1234\n",
        "html": "",
        "attachments": [],
    }


def test_each_recipient_has_a_mail_of_its_own(smtp):
    smtp.send_message(make_message(), to_addrs=["ada@example.com", "ben@example.com"])

    assert sorted(mail["to"] for mail in mailbox.read()) == ["ada@example.com", "ben@example.com"]


def test_an_address_beyond_ascii_is_taken(smtp):
    smtp.sendmail("codes@example.org", ["ödön@example.com"], b"\r\nHello", mail_options=["SMTPUTF8"])

    assert [mail["to"] for mail in mailbox.read()] == ["ödön@example.com"]


def test_the_oldest_mail_goes_when_the_mailbox_is_full(smtp):
    for number in range(KEPT + 2):
        smtp.send_message(make_message(str(number)))

    assert subjects() == [str(number) for number in range(KEPT + 1, 1, -1)]


def test_large_mails_leave_room_for_the_rest_of_the_machine(smtp, monkeypatch):
    """The same letter to many is held once; of different ones the oldest go."""
    monkeypatch.setattr(sink, "LARGEST", 250)
    for subject, content in (("1", b"a" * 100), ("2", b"a" * 100), ("3", b"b" * 100)):
        smtp.send_message(make_message(subject, attachment=content))
    assert subjects() == ["3", "2", "1"]

    smtp.send_message(make_message("4", attachment=b"c" * 100))

    assert subjects() == ["4", "3"]


def test_one_mail_is_found_by_its_key(smtp):
    smtp.send_message(make_message("1"))
    smtp.send_message(make_message("2"))
    key = mailbox.read()[1]["key"]

    assert mailbox.find(key)["subject"] == "1"
    assert mailbox.find("unheard-of") is None


def test_nothing_lies_on_the_disk(smtp, short_path: Path):
    smtp.send_message(make_message())

    assert [path.name for path in short_path.iterdir()] == ["mailbox.sock"]


def test_it_stops_while_somebody_is_connected(short_path, settings):
    listener = addresses.listen()
    settings.MAILBOX_SOCKET = str(short_path / "mailbox.sock")
    own = Sink(listener, short_path / "mailbox.sock")
    own.start()
    with smtplib.SMTP("127.0.0.1", listener.getsockname()[1]):
        own.stop()

    assert list(short_path.iterdir()) == []
    with pytest.raises(OSError, match="No such file"):
        mailbox.read()
