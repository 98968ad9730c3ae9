from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.mailserver import MailServer
from tests.promises.conftest import surroundings
from tests.weather import plan, site
from tests.weather.report import Report

REPORT = Report()


@pytest.fixture(scope="session")
def report() -> Report:
    return REPORT


@pytest.fixture(scope="module")
def own_tables(django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A database that nothing is rolled back in, for what the site is asked has to be there for all who ask."""
    place = tmp_path_factory.mktemp("tables")
    names = connection.settings_dict["TEST"]
    kept, before = names["NAME"], connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        names["NAME"] = str(place / "weather.sqlite3")
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        yield
        connection.creation.destroy_test_db(before, verbosity=0)
        names["NAME"] = kept


@pytest.fixture(scope="module")
def weathered(
    own_tables: None, tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer
) -> Iterator[site.Site]:
    """One site for all cases. What they write stays until the last of them; each has a letter of its own."""
    place = tmp_path_factory.mktemp("weather")
    with site.running(place, mail_server, **surroundings()) as running:
        yield running


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if REPORT.verdicts:
        terminalreporter.section("bad weather, by surface")
        for line in REPORT.lines(plan.CASES, plan.ABSENT, plan.ELSEWHERE):
            terminalreporter.write_line(line)
