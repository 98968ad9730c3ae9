from __future__ import annotations

import ast
import logging
import re
from pathlib import Path

import pytest
from django.conf import settings

from config.logs import Line, Nameless, masked

ROOT = Path(__file__).resolve().parents[2]


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
        ("GET /code/?next=/organize/s3cr3t/", "GET /code/?next=/organize/[secret]/"),
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


def test_what_else_is_hung_on_a_record_goes():
    record = logging.makeLogRecord(
        {"msg": "it broke", "user": "ada", "ip": "203.0.113.9", "status_code": 500}
    )

    Nameless().filter(record)

    assert set(vars(record)) == set(vars(logging.makeLogRecord({})))


def test_everything_is_written_by_one_handler_in_four_fields():
    """No file, no mail to admins, no field that names a client: whatever is added here has to be thought of."""
    logs = settings.LOGGING

    assert {name: handler["class"] for name, handler in logs["handlers"].items()} == {
        "stderr": "logging.StreamHandler"
    }
    assert logs["handlers"]["stderr"]["filters"] == ["nameless"]
    assert re.findall(r"{(\w+)}", logs["formatters"]["line"]["format"]) == [
        "asctime",
        "levelname",
        "name",
        "message",
    ]
    assert logs["root"]["handlers"] == ["stderr"]
    assert all(set(logger.get("handlers", [])) <= {"stderr"} for logger in logs["loggers"].values())


# What may stand in a line of our own beside fixed words: ids, numbers, names of errors and of places.
LOGGED = {
    "type(error).__name__",
    "letter.pk",
    "figure.place",
    "figure.shown",
    "figure.most",
    "check.key",
}


def test_our_own_lines_hold_only_what_is_listed():
    found = {
        ast.unparse(argument)
        for folder in ("petitions", "accounts", "config")
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log.")
        for argument in call.args[1:]
    }

    assert found == LOGGED


def test_visitors_are_in_no_access_log():
    """The server keeps one only when it is asked to."""
    assert "--access-log" not in (ROOT / "petitions" / "embedded" / "web.py").read_text(encoding="utf-8")
    assert "--no-access-log" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
