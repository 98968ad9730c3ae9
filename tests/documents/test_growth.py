from __future__ import annotations

from datetime import date, timedelta

import pytest

from petitions.documents import growth
from petitions.models import Day, Signature
from tests.factories import make_letter, sign

BEGIN = date(2026, 1, 1)


def days(*signatures: int, apart: int = 1) -> list[Day]:
    rows = [Day(BEGIN + timedelta(days=apart * n), number) for n, number in enumerate(signatures)]
    return [day for day in rows if day.signatures]


def test_the_line_rises_to_todays_number_and_stands_still_where_nobody_signed():
    found = growth.of(days(10, 0, 30))

    assert [(row.last.day, row.signatures, row.total) for row in found.rows] == [
        (1, 10, 10),
        (2, 0, 10),
        (3, 30, 40),
    ]
    assert found.line == "M0 160 L200 120 L400 120 L600 0"
    assert found.area.endswith("L600 0 V160 Z")


@pytest.mark.parametrize("found", [[], days(5)])
def test_one_day_is_no_growth(found):
    assert growth.of(found) is None


@pytest.mark.parametrize(
    ("span", "step"), [(60, 1), (61, 7), (420, 7), (421, 28), (5_000, 91), (90_000, 364)]
)
def test_it_is_told_in_few_rows_however_long_it_took(span, step):
    every = [Day(BEGIN + timedelta(days=n), 1) for n in range(span)]

    found = growth.of(every)

    assert found.step == step
    assert found.rows[-1].total == span
    assert found.rows[-1].last == every[-1].day
    assert sum(row.signatures for row in found.rows) == span
    assert all(row.first <= row.last for row in found.rows)


@pytest.mark.django_db
def test_the_page_shows_a_chart_and_the_table_that_says_the_same(client):
    letter = make_letter()
    for _ in range(3):
        sign(letter, "Ada Lovelace")
    Signature.objects.filter(pk=letter.signatures.first().pk).update(signed_on="2026-01-01")

    text = client.get(f"/letters/{letter.slug}/").content.decode()

    assert "A line that rises from nothing on Jan. 1, 2026 to 3 signatures on" in text
    assert "<td>2</td>" in text
    assert "<svg viewBox" in text


@pytest.mark.django_db
def test_a_letter_of_one_day_has_no_chart(client):
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    assert "How it grew" not in client.get(f"/letters/{letter.slug}/").content.decode()
