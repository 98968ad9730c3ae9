"""P28: bad input never breaks the site, and each case of it is answered as it should be."""

from __future__ import annotations

import ast

import pytest

from tests.promises.processes import ROOT
from tests.weather import invariants, plan
from tests.weather.corpus import Case
from tests.weather.report import Report
from tests.weather.verdict import judge

pytestmark = [pytest.mark.processes, pytest.mark.on("sqlite"), pytest.mark.promise("P28")]


@pytest.mark.parametrize("case", plan.RUN, ids=str)
def test_it_is_answered_as_it_should_be(case, weathered, report):
    before = weathered.begin()

    verdict = judge(case, plan.runner(case)(weathered, case), elsewhere=plan.KEYS_ELSEWHERE)

    weathered.settle()
    verdict.wrong += invariants.broken(weathered, case, before)
    report.verdicts[case.id] = verdict
    assert verdict.wrong == []


MUST_ACCEPT = [case.id for case in plan.CASES if "name-ok-" in case.id]


def test_each_case_has_one_place():
    """It is run here, or by a test that is there, or the product has no such thing; the rest is said to be open."""
    places = [{case.id for case in plan.RUN}, {*plan.ABSENT}, {*plan.ELSEWHERE}]
    open_ones = {case.id for case in plan.CASES} - set().union(*places)

    assert sum(map(len, places)) + len(open_ones) == len(plan.CASES)
    assert open_ones == {*plan.OPEN}


@pytest.mark.parametrize("test", sorted({*plan.ELSEWHERE.values(), *plan.KEYS_ELSEWHERE.values()}))
def test_what_another_test_proves_is_proved_by_a_test_that_is_there(test):
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_a_case_that_is_not_wholly_observed_is_not_passed():
    seen, half = (Case(name, "sign_form", "", {}, {"outcome": "reject", "mails": 0}) for name in ("a", "b"))
    report = Report(
        {"a": judge(seen, {"outcome": "reject", "mails": 0}), "b": judge(half, {"outcome": "reject"})}
    )

    lines = report.lines([seen, half, Case("c", "sign_form", "")], [], [])

    assert lines[1].split() == ["sign_form", "3", "1", "0", "2", "0", "0"]
    assert lines[-1].split() == ["b:", "not", "observed:", "mails"]


def test_all_names_that_have_to_be_accepted_are_run():
    run = {case.id for case in plan.RUN}

    assert {*MUST_ACCEPT} <= run
    assert len(MUST_ACCEPT) >= 20
