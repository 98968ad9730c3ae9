"""P28: bad input never breaks the site, and each case of it is answered as it should be."""

from __future__ import annotations

import pytest

from tests.weather import invariants, plan
from tests.weather.verdict import judge

pytestmark = [
    pytest.mark.processes,
    pytest.mark.on("sqlite"),
    pytest.mark.promise("P28"),
]


@pytest.mark.parametrize("case", plan.RUN, ids=str)
def test_it_is_answered_as_it_should_be(case, weathered, report):
    before = weathered.begin()

    verdict = judge(case, plan.runner(case)(weathered, case), elsewhere=plan.KEYS_ELSEWHERE)

    weathered.settle()
    verdict.wrong += invariants.broken(weathered, case, before)
    report.verdicts[case.id] = verdict
    assert verdict.wrong == []
