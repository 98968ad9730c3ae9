"""A line names nobody: what stands in a source file, and listed fields."""

from __future__ import annotations

import ast
import io
import json
import logging
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
from django.conf import settings
from django.db import DatabaseError
from structlog.contextvars import bound_contextvars

from config import logs
from config.celery import app
from config.masking import masked
from config.requests import RequestId

ROOT = Path(__file__).resolve().parents[2]
NEEDLES = [
    "ada@example.test",
    "Ada Lovelace",
    "203.0.113.9",
    "It is time.",
    "2345-6789",
    "s3cr3t-token",
    "hidden-slug",
]
EVERYTHING = " ".join(NEEDLES)


class Printed:
    """A logger with the product's handler, which prints here."""

    def __init__(self, form: str) -> None:
        configuration = logs.configuration(form)
        self._to = io.StringIO()
        handler = logging.StreamHandler(self._to)
        handler.setFormatter(formatter(configuration["formatters"]["line"]))
        self.logger = logging.Logger("petitions.somewhere")
        self.logger.addHandler(handler)
        self.log = structlog.wrap_logger(self.logger)

    @property
    def text(self) -> str:
        return self._to.getvalue()

    @property
    def line(self) -> dict[str, object]:
        (line,) = self.text.splitlines()
        return json.loads(line)


def formatter(configuration: dict[str, object]) -> logging.Formatter:
    given = dict(configuration)
    assert given.pop("()") == "structlog.stdlib.ProcessorFormatter"
    return structlog.stdlib.ProcessorFormatter(**given)


@pytest.fixture(params=["json", "text"])
def printed(request):
    return Printed(request.param)


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
def test_a_text_is_masked(text, kept):
    assert masked(text) == kept


def test_a_line_is_an_event_and_listed_fields():
    printed = Printed("json")
    with bound_contextvars(request_id="0123456789abcdef", user="ada"):
        printed.log.warning(
            "A letter could not be worked on.", letter=7, error="OSError", name_typed=EVERYTHING
        )

    line = printed.line
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "A letter could not be worked on.",
        "level": "warning",
        "logger": "petitions.somewhere",
        "letter": 7,
        "error": "OSError",
        "request_id": "0123456789abcdef",
    }


def test_people_get_the_same_in_words():
    printed = Printed("text")
    printed.log.warning("A letter could not be worked on.", letter=7, name_typed=EVERYTHING)

    assert "[warning] A letter could not be worked on. [petitions.somewhere] letter=7\n" in printed.text


@pytest.mark.parametrize("arguments", [(EVERYTHING, DatabaseError(EVERYTHING)), ({"what": EVERYTHING},)])
def test_what_others_put_into_their_sentences_is_left_out(printed, arguments):
    sentence = "Task %(what)s broke" if isinstance(arguments[0], dict) else "%s broke: %r"
    printed.logger.error(
        sentence, *arguments, extra={"data": EVERYTHING, "user": EVERYTHING, "ip": EVERYTHING}
    )

    assert "… broke" in printed.text.replace("\\u2026", "…")
    assert ("DatabaseError" in printed.text) == (len(arguments) == 2)
    assert [needle for needle in NEEDLES if needle in printed.text] == []


def test_a_fault_is_told_by_its_kinds_and_places_and_not_by_what_it_says(printed):
    def fail(typed: str) -> None:
        try:
            raise PermissionError(13, typed)
        except PermissionError as error:
            raise DatabaseError(typed) from error

    try:
        fail(EVERYTHING)
    except DatabaseError:
        printed.log.exception("It broke.")

    assert [needle for needle in NEEDLES if needle in printed.text] == []
    assert "PermissionError [13]" in printed.text
    assert "DatabaseError" in printed.text
    assert f"{__file__}:" in printed.text
    assert "in fail" in printed.text


def test_a_warning_is_told_by_its_kind_and_place(printed):
    """Its words may hold a value: Django's about a time without a zone does."""
    printed.logger.name = "py.warnings"
    printed.logger.warning(
        warnings.formatwarning(EVERYTHING, RuntimeWarning, "/place/fields.py", 17, "name = x")
    )

    assert "/place/fields.py:17: RuntimeWarning" in printed.text
    assert [needle for needle in NEEDLES if needle in printed.text] == []


def test_a_page_that_breaks_is_told_by_its_pattern(printed):
    match = SimpleNamespace(route="letters/<slug:slug>/sign/")
    request = SimpleNamespace(resolver_match=match, path="/letters/hidden-slug/sign/", COOKIES=EVERYTHING)
    extra = {"status_code": 500, "request": request}
    printed.logger.error("%s: %s", "Internal Server Error", request.path, extra=extra)

    assert "letters/<slug:slug>/sign/" in printed.text
    assert "500" in printed.text
    assert [needle for needle in NEEDLES if needle in printed.text] == []


def test_no_value_makes_a_second_line(printed):
    printed.log.warning("One\nof ours\x1b[31m", error='x\n{"event": "forged"}')
    printed.logger.warning("of others\nwith %s", "two\nlines")

    assert len(printed.text.splitlines()) == 2
    assert "\x1b" not in printed.text


def test_a_request_has_an_id_of_ours(rf):
    printed = Printed("json")
    middleware = RequestId(lambda request: printed.log.warning("Seen."))

    middleware(rf.get("/", headers={"X-Request-Id": "theirs"}))
    first = printed.line["request_id"]
    middleware(rf.get("/", headers={"X-Request-Id": "theirs"}))
    printed.log.warning("After.")

    lines = [json.loads(line) for line in printed.text.splitlines()]
    assert len(str(first)) == 16
    assert lines[1]["request_id"] not in (first, "theirs")
    assert "request_id" not in lines[2]


def test_a_task_has_its_own():
    printed = Printed("json")

    @app.task(name="tests.seen")
    def seen() -> None:
        printed.log.warning("Seen.")

    seen.apply(task_id="an-id-of-celerys")
    printed.log.warning("After.")

    during, after = (json.loads(line) for line in printed.text.splitlines())
    assert (during["task"], during["task_id"]) == ("tests.seen", "an-id-of-celerys")
    assert not {"task", "task_id"} & after.keys()


def test_everything_is_written_by_one_handler():
    """No file, no mail to admins, no other form: whatever is added here has to be thought of."""
    given = settings.LOGGING

    assert {name: handler["class"] for name, handler in given["handlers"].items()} == {
        "stderr": "logging.StreamHandler"
    }
    assert given["root"]["handlers"] == ["stderr"]
    assert all(set(logger.get("handlers", [])) <= {"stderr"} for logger in given["loggers"].values())


# What a field of our own may hold: ids, numbers, names of errors and of places.
LOGGED = {
    "error=type(error).__name__",
    "letter=letter.pk",
    "place=figure.place",
    "shown=figure.shown",
    "counted=figure.most",
    "check=check.key",
}


def calls() -> list[ast.Call]:
    return [
        call
        for folder in ("petitions", "accounts", "config")
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log.")
    ]


def test_our_own_lines_hold_only_what_is_listed():
    words = [call.args for call in calls()]
    fields = {ast.unparse(field) for call in calls() for field in call.keywords}

    assert len(words) > 9
    assert [given for given in words if len(given) != 1 or not isinstance(given[0], ast.Constant)] == []
    assert fields == LOGGED
    assert {field.partition("=")[0] for field in fields} <= set(logs.FIELDS)


def test_nobody_logs_past_the_list():
    others = [
        str(path.relative_to(ROOT))
        for folder in ("petitions", "accounts", "config")
        for path in (ROOT / folder).rglob("*.py")
        if "logging.getLogger" in path.read_text(encoding="utf-8")
    ]

    assert others == []


def test_visitors_are_in_no_access_log():
    """The server keeps one only when it is asked to."""
    assert "--access-log" not in (ROOT / "petitions" / "embedded" / "web.py").read_text(encoding="utf-8")
    for name in ("compose.yaml", "Dockerfile", "systemd/undersigned-web.service"):
        assert "--no-access-log" in (ROOT / "deploy" / name).read_text(encoding="utf-8")
