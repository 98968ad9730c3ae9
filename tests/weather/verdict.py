"""What a surface saw of a case, compared with what the case asks for."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.weather.corpus import Case

Seen = dict[str, Any]  # by the key of what was expected


@dataclass
class Verdict:
    wrong: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)  # keys that the adapter did not observe: never passed
    elsewhere: list[str] = field(default_factory=list)  # keys that another test proves


def _has_word(case: Case, expected: str, seen: str) -> bool:
    return seen in (expected, *expected.split("_or_"))


def _is_allowed(case: Case, expected: object, seen: int | list[int]) -> bool:
    found = seen if isinstance(seen, list) else [seen]
    return bool(found) and set(found) <= case.statuses


def _at_most(case: Case, expected: float, seen: float) -> bool:
    return seen <= expected


def _is_one_of(case: Case, expected: list[Any], seen: Any) -> bool:
    return seen in expected


def _is_allowed_later(case: Case, expected: int | list[int], seen: int) -> bool:
    return seen in (expected if isinstance(expected, list) else [expected])


COMPARED: Mapping[str, Callable[[Case, Any, Any], bool]] = {
    "outcome": _has_word,
    "status": _is_allowed,
    "copies_max": _at_most,
    "sign_p95_ms_max": _at_most,
    "other_clients_p95_ms_max": _at_most,
    "rows_delta_in": _is_one_of,
    "sign_status": _is_allowed_later,
    "status_after_limit": _is_allowed_later,
    "notices_max_per_threshold": _at_most,
}


# Another way that would do as well, and what is measured after every case: see `invariants`.
NO_DEMANDS = {"or", "or_accept_if", "or_header", "max_seconds", "memory_mb_max"}


def judge(case: Case, seen: Seen, *, elsewhere: Container[str] = ()) -> Verdict:
    verdict = Verdict()
    for key, expected in case.expect.items():
        if key in NO_DEMANDS:
            continue
        if key not in seen:
            (verdict.elsewhere if key in elsewhere else verdict.unseen).append(key)
        elif not COMPARED.get(key, lambda _, asked, found: asked == found)(case, expected, seen[key]):
            verdict.wrong.append(f"{key}: {expected!r} was asked for, {seen[key]!r} was seen")
    return verdict
