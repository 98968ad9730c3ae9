from __future__ import annotations

import email
from email.header import decode_header, make_header
from email.policy import default
from email.utils import parseaddr

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
    fields = {"sender_name": subject, "headers": {"List-Unsubscribe": subject}}
    mail = email.message_from_bytes(sent(subject=subject, **fields), policy=default)

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


TITLES = [
    "=?utf-8?b?aGVsbG8=?= is not hello",
    'a, b; "c" <d@e.test> (f) \\',
    "Für faire Dienstpläne, zwei Wochen im Voraus und für alle, die hier arbeiten",
    "x" * 200,
    "word " * 39 + "end",
    "مرحبا بالعالم " * 8 + "!",
    "👩‍👩‍👧‍👦" * 17,
]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_arrives_as_it_was_written(title):
    raw = sent(subject=title)
    old = email.message_from_bytes(raw)

    assert email.message_from_bytes(raw, policy=default)["Subject"] == title
    assert str(make_header(decode_header(old["Subject"]))) == title


@pytest.mark.parametrize("name", TITLES)
def test_a_sender_s_name_is_one_name_of_one_address(name):
    """The newer parser puts spaces between encoded words against RFC 2047, 6.2, so there they do not count."""
    raw = sent(sender_name=name)
    (address,) = email.message_from_bytes(raw, policy=default)["From"].addresses
    old_name, old_address = parseaddr(email.message_from_bytes(raw)["From"])

    assert (address.addr_spec, old_address) == ("letters@undersigned.test",) * 2
    assert str(make_header(decode_header(old_name))) == name
    assert address.display_name.replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize("title", TITLES)
def test_a_line_with_encoded_words_has_at_most_76_characters(title):
    head = sent(subject=title, sender_name=title).split(b"\r\n\r\n")[0]

    assert [line for line in head.split(b"\r\n") if b"=?" in line and len(line) > 76] == []
