from __future__ import annotations

import logging

import pytest

from config.logs import Line, Nameless, masked


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("no mailbox ada.l+x@example.test here", "no mailbox [address] here"),
        ("<ada@example.test>: refused", "<[address]>: refused"),
        ("from 203.0.113.9 port 25", "from [client] port 25"),
        ("from 203.0.113.9:4711", "from [client]:4711"),
        ("peer 2001:db8::17", "peer [client]"),
        ("peer ::1", "peer [client]"),
        ("at 14:33:19 version 5.2.19", "at 14:33:19 version 5.2.19"),
        ("POST /unsubscribe/s3cr3t/", "POST /unsubscribe/[secret]/"),
        ("GET /accounts/link/s3cr3t/", "GET /accounts/link/[secret]/"),
    ],
)
def test_a_line_names_nobody(text, kept):
    assert masked(text) == kept


def test_a_traceback_is_masked_and_the_request_dropped():
    try:
        raise ValueError("ada@example.test")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "it broke", None, (type(error), error, None))
    record.request = "cookies and fields"

    Nameless().filter(record)

    assert not hasattr(record, "request")
    assert "ada@" not in Line("%(message)s").format(record)
