from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from petitions.flows import pace

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


@pytest.mark.parametrize(
    ("taken", "wanted", "free"),
    [
        ([], 0, 0),
        ([0, 1], 2, 2),
        ([0, 1, 2], 3, 7),
        ([0, 1, 2], 6.9, 7),
        ([0, 1, 2], 7, 7),
        ([0, 0, 0], 7, 7),
        ([0, 1, 2, 7], 7, 8),
        ([3, 4, 5], -1.5, 10),  # before others that are scheduled, it would make four
        ([3, 4, 5], -3, -3),
        ([0, 0, 0, 0], 1, 7),  # of a time without the rule
        ([0, 3, 6, 9, 12], 13, 13),
        ([0, 3, 6, 9, 10, 12], 13, 16),
    ],
)
def test_no_seven_days_hold_more_than_three(taken, wanted, free):
    moments = [day(number) for number in taken]
    assert pace.is_free(day(wanted), moments) == (wanted == free)
    assert pace.next_free(day(wanted), moments) == day(free)
