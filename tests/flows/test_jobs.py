"""One runner at a time, and a row that says how it went."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from petitions.flows import jobs
from petitions.models import Job
from tests.beside import Beside
from tests.factories import make_letter

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_second_runner_leaves_the_work_alone():
    done = []

    def work():
        done.append(Beside(lambda: jobs.run_alone("sweep", lambda: done.append("twice"))).outcome())

    assert jobs.run_alone("sweep", work)
    assert done == [False]
    assert jobs.run_alone("sweep", lambda: None)


def test_other_work_goes_on_meanwhile():
    assert jobs.run_alone("sweep", lambda: jobs.run_alone("close", lambda: None))
    assert list(Job.objects.values_list("name", "runs")) == [("close", 1), ("sweep", 1)]


def test_the_row_says_when_it_went_well_and_that_it_failed():
    began = timezone.now()
    jobs.run_alone("sweep", lambda: None)
    well = Job.objects.get()
    with pytest.raises(ZeroDivisionError):
        jobs.run_alone("sweep", lambda: 1 / 0)
    badly = Job.objects.get()

    assert well.succeeded_at >= well.started_at >= began - timedelta(seconds=1)
    assert (well.error, bool(badly.error), badly.succeeded_at) == ("", True, well.succeeded_at)
    assert (badly.holder, badly.runs) == (None, 2)


def test_the_lock_of_a_killed_runner_frees_itself():
    holder = Job.take("sweep")
    assert Job.take("sweep") is None

    Job.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    again = Job.take("sweep")

    assert again not in (None, holder)
    Job.release("sweep", holder)
    assert Job.objects.get().holder == again


def test_of_ten_who_come_at_once_one_runs():
    Job.objects.create(name="sweep")
    runners = [Beside(lambda: Job.take("sweep")) for _ in range(10)]

    assert len([holder for runner in runners if (holder := runner.outcome())]) == 1


def test_one_letter_that_fails_holds_up_no_other():
    first, second, third = (make_letter() for _ in range(3))
    done = []

    def work(letter):
        if letter == second:
            raise IntegrityError
        done.append(letter)

    with pytest.raises(jobs.SomeFailed):
        jobs.for_each([first, second, third], work)
    assert done == [first, third]
