from __future__ import annotations

import email
from email.policy import default

import pytest

from petitions.wire import Message


def sent(**fields):
    message = Message(
        **{"to": "ada@private.test", "subject": "S", "text": "T", "html": "<p>H</p>", "message_id": "1"}
        | fields
    )
    return message.as_email().as_bytes()


def test_the_way_out_is_never_encoded_however_long():
    url = "https://" + "letters." * 20 + "example.org/unsubscribe/" + "x" * 32 + "/"

    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in sent(headers={"List-Unsubscribe": f"<{url}>"})


@pytest.mark.parametrize(
    "subject", ["Fair\r\nBcc: victim@example.test", "Fair\x0bBcc: x", "Fair\u2028Bcc: x", "Fair\x85Bcc: x"]
)
def test_no_value_makes_a_second_header(subject):
    mail = email.message_from_bytes(sent(subject=subject, sender_name=subject), policy=default)

    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Fair Bcc")
    assert len(mail["From"].addresses) == 1


@pytest.mark.parametrize(
    "text", ["." * 3 + "\n.\n..x\n", "From here\n" * 3, "ä" * 5000, "x" * 5000, "a\rb\r\nc", "مرحبا 👋"]
)
def test_a_body_arrives_as_it_was_written(text):
    mail = email.message_from_bytes(sent(text=text), policy=default)

    arrived = mail.get_body(("plain",)).get_content()
    assert arrived.replace("\r\n", "\n").strip() == text.replace("\r\n", "\n").replace("\r", "\n").strip()
    assert max(map(len, sent(text=text).split(b"\r\n"))) < 998
