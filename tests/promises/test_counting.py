"""The shown number is the true number, after everything that people can do to a letter, in any order."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as steps
from hypothesis.stateful import run_state_machine_as_test

from petitions import counts
from tests.factories import make_letter, sign
from tests.promises.lives import Life
from tests.promises.processes import until
from tests.promises.sizes import sized

# Hypothesis takes up to five minutes to find the shortest way to a failure.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(sized(900, 3000))]


@pytest.mark.promise("P4")
def test_the_shown_number_is_the_true_number_after_every_step(settings, figures):
    settings.COUNT_SECONDS = 60
    many = steps(
        max_examples=sized(8, 300),
        stateful_step_count=50,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=many)
    figures(**Life.done, disagreed=0)


@pytest.mark.promise("P4")
def test_the_shown_number_lags_no_longer_than_is_said(settings, figures):
    settings.COUNT_SECONDS, letter = 1, make_letter()
    assert counts.shown(letter).total == 0
    sign(letter, "Ada Lovelace")
    began = time.monotonic()

    until(lambda: counts.shown(letter).total == 1)

    lag = time.monotonic() - began
    figures(lag=round(lag, 2), allowed=1)
    assert lag < 1.5
