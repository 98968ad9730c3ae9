"""Which case is run by what: here, by another test, or by nothing, since the product has no such thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.weather.corpus import OF_THE_CORPUS, Case
from tests.weather.site import Site
from tests.weather.surfaces import codes, http, receipts, signing
from tests.weather.verdict import Seen

CASES = [*OF_THE_CORPUS]
Run = Callable[[Site, Case], Seen]
SURFACES: Mapping[str, Run] = {"sign_form": signing.run}
OF_ITS_OWN: Mapping[str, Run] = {**codes.RUNS, **receipts.RUNS, **http.RUNS}
ABSENT: Mapping[str, str] = {
    "mail-023": "no suppression list: a failed code is forgotten with the code",
}
ELSEWHERE: Mapping[str, str] = {
    "enum-002": "tests/promises/test_oracle.py::test_no_answer_tells_a_mailbox_from_another",
}
KEYS_ELSEWHERE: Mapping[str, str] = {
    "latency_same_as": "tests/promises/test_oracle.py::test_no_answer_tells_a_mailbox_from_another",
}


def runner(case: Case) -> Run | None:
    return OF_ITS_OWN.get(case.id) or SURFACES.get(case.surface)


RUN = [case for case in CASES if case.id not in ABSENT and case.id not in ELSEWHERE and runner(case)]
