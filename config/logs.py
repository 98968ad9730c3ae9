"""What a log line may hold: what stands in a source file, and the listed fields. Never a person.

A line is an event, in words that somebody wrote beforehand, and fields. Values that other programs put into their
sentences are left out, and a fault is told by its kind and its places: what an error says may repeat whatever was
typed. Masking is the second net, for sentences that were put together elsewhere.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from config.masking import masked

BLANK = re.compile(r"%(\(\w+\))?[-+#0-9.]*[a-zA-Z]")  # where a value would stand
WARNED = re.compile(r"(\S+:\d+: \w+): ")  # where, and the kind: as Python begins each of its warnings
LONGEST = 500

# Ids, numbers, and names of errors, places and parts.
FIELDS = ("error", "letter", "place", "shown", "counted", "check", "status_code")
BOUND = ("request_id", "task", "task_id")  # for as long as a request or a task lasts
LINE = frozenset([*FIELDS, *BOUND, "route", "event", "level", "logger", "timestamp", "exception"])


def configuration(form: str) -> dict[str, Any]:
    """Of Django's logging: one handler for everything. `json` is a line for each event, `text` is for people."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": _formatter(form)},
        "filters": {"raised": {"()": Raised}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "django": {"level": "WARNING", "propagate": True, "handlers": []},
            # Refused requests are answers, not faults; so is a 501 or 503 that a page decided on.
            "django.request": {"level": "ERROR", "filters": ["raised"]},
            "django.security": {"level": "CRITICAL"},
        },
    }


class Raised(logging.Filter):
    """Django names an answer by its number alone. Only one that an error led to says what to mend."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


def _formatter(form: str) -> dict[str, Any]:
    readable = structlog.dev.ConsoleRenderer(colors=False, pad_level=False, pad_event_to=0)
    last: Processor = readable if form == "text" else structlog.processors.JSONRenderer()
    return {
        "()": "structlog.stdlib.ProcessorFormatter",
        "use_get_message": False,  # the words as they stand in the source
        "pass_foreign_args": True,
        "foreign_pre_chain": [
            structlog.stdlib.add_log_level,
            _add_logger,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ExtraAdder(FIELDS),
            structlog.contextvars.merge_contextvars,
        ],
        "processors": [_add_route, _add_fault, _leave_blank, _keep_listed, last],
    }


def _add_logger(_logger: Any, _name: str, line: EventDict) -> EventDict:
    line["logger"] = line["_record"].name
    return line


def _add_route(_logger: Any, _name: str, line: EventDict) -> EventDict:
    """Which page, as the addresses are written down: with no slug and no secret of a visitor's."""
    match = getattr(getattr(line["_record"], "request", None), "resolver_match", None)
    if match:
        line["route"] = match.route
    return line


def _add_fault(_logger: Any, _name: str, line: EventDict) -> EventDict:
    """The kind of what was raised, here or as a part of the sentence; where it was raised stands in the exception."""
    raised = (line.get("exc_info") or (None, None, None))[1]
    arguments = line.get("positional_args") or ()
    named = arguments.values() if isinstance(arguments, dict) else arguments
    told = raised or next((value for value in named if isinstance(value, BaseException)), None)
    if told is not None:
        line.setdefault("error", type(told).__name__)
    if raised is not None:
        line["exception"] = "\n".join(_places(raised))
    return line


def _leave_blank(_logger: Any, _name: str, line: EventDict) -> EventDict:
    words = str(line["event"])
    warned = WARNED.match(words) if line["logger"] == "py.warnings" else None
    line["event"] = warned[1] if warned else BLANK.sub("…", words)
    return line


def _keep_listed(_logger: Any, _name: str, line: EventDict) -> EventDict:
    """Numbers, and words that are masked once more."""
    kept = {
        name: value for name, value in line.items() if name in LINE and isinstance(value, str | int | float)
    }
    words = {name: value for name, value in kept.items() if isinstance(value, str)}
    several = {"exception": masked(words.pop("exception"))} if "exception" in words else {}
    return kept | several | {name: masked(_one_line(value)) for name, value in words.items()}


def _one_line(text: str) -> str:
    """Nothing in it begins another line, or steers a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:LONGEST]


def _places(error: BaseException) -> Iterator[str]:
    """The first error first, as Python tells it, without anything that an error says."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _places(before)
    yield _kind(error)
    yield from _frames(error.__traceback__)


def _kind(error: BaseException) -> str:
    """With the number that a database or the system gives to what happened."""
    number = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    number = number or (error.errno if isinstance(error, OSError) else None)
    return type(error).__qualname__ + (f" [{number}]" if number else "")


def _frames(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"  {code.co_filename}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
