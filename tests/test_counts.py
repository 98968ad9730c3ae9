from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.db.models import CheckConstraint, Q

from petitions import cache, counts, recent
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import Shown
from petitions.models import Appear, Day, Proof, Signature, Tally
from tests.factories import make_letter, sign, signature_of

pytestmark = pytest.mark.django_db


def test_a_shown_number_is_remembered_and_the_truth_is_not(settings):
    settings.COUNT_SECONDS = 60
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    assert counts.shown(letter).total == 1

    sign(letter, "Grace Hopper")

    assert (counts.shown(letter).total, counts.recount(letter).total) == (1, 2)
    caches["default"].clear()
    assert counts.shown(letter).total == 2


def test_without_the_cache_the_rows_are_counted(settings):
    settings.COUNT_SECONDS = 60
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere.sock"}
    }
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    assert counts.shown(letter).total == 1
    sign(letter, "Grace Hopper")
    assert counts.shown(letter).total == 2


@pytest.mark.parametrize("number", [1, 3])
def test_many_letters_are_counted_by_one_query(number, django_assert_num_queries):
    letters = [make_letter() for _ in range(number)]
    for each, letter in enumerate(letters):
        for _ in range(each):
            sign(letter, "Ada Lovelace")

    with django_assert_num_queries(1):
        tallies = counts.shown_all(letters)

    assert tallies == {letter.pk: counts.recount(letter) for letter in letters}
    assert [tallies[letter.pk].total for letter in letters] == list(range(number))


def test_of_many_letters_only_those_that_are_not_remembered_are_counted(settings, django_assert_num_queries):
    settings.COUNT_SECONDS = 60
    one, other = make_letter(), make_letter()
    sign(one, "Ada Lovelace")
    assert counts.shown(one).total == 1
    for letter in (one, other):
        sign(letter, "Grace Hopper")

    with django_assert_num_queries(1):
        assert [tally.total for tally in counts.shown_all([one, other]).values()] == [1, 1]
    with django_assert_num_queries(0):
        assert counts.shown_all([one, other])[other.pk].total == 1
        assert counts.shown_all([]) == {}


def test_days_are_remembered_and_sum_up_to_the_count(settings):
    letter = make_letter()
    for day in ("2026-01-03", "2026-01-01", "2026-01-03"):
        letter.signatures.filter(pk=signature_of(sign(letter, "Ada Lovelace")).pk).update(signed_on=day)
    expected = [Day(date(2026, 1, 1), 1), Day(date(2026, 1, 3), 2)]
    assert counts.shown_days(letter) == expected

    settings.COUNT_SECONDS = 60
    assert counts.shown_days(letter) == expected
    sign(letter, "Grace Hopper")
    assert counts.shown_days(letter) == expected
    caches["default"].clear()
    assert sum(day.signatures for day in counts.shown_days(letter)) == counts.recount(letter).total == 4


def test_number_and_days_are_counted_by_one_pass_and_never_differ(settings, django_assert_num_queries):
    settings.COUNT_SECONDS = 60
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    with django_assert_num_queries(1):
        assert counts.shown(letter).total == 1
        assert [day.signatures for day in counts.shown_days(letter)] == [1]
    sign(letter, "Grace Hopper")
    caches["default"].delete(f"count:{letter.pk}")

    with django_assert_num_queries(0):
        grown = counts.shown_grown(letter)
        assert (grown.tally, grown.days) == (counts.shown(letter), counts.shown_days(letter))
    assert (grown.tally.total, [day.signatures for day in grown.days]) == (1, [1])


def test_whoever_asks_about_how_many_does_not_wait_for_a_count(settings, django_assert_num_queries):
    settings.COUNT_SECONDS = LONG
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    assert counts.known(letter) == 1  # which nobody had counted
    sign(letter, "Grace Hopper")
    for key in (f"count:{letter.pk}", f"grown:{letter.pk}"):
        caches["default"].delete(key)
    caches["default"].set(f"grown:{letter.pk}:maker", 1, LONG)
    recent.forget()

    with django_assert_num_queries(0):
        assert counts.known(letter) == 1


def test_without_the_cache_a_process_counts_now_and_then(settings, monkeypatch, django_assert_num_queries):
    settings.COUNT_SECONDS = LONG
    monkeypatch.setattr(recent, "FRESH", LONG)
    monkeypatch.setattr(cache, "_silent_until", time.monotonic() + LONG)
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    with django_assert_num_queries(1):
        assert [counts.known(letter) for _ in range(3)] == [1] * 3
    sign(letter, "Grace Hopper")
    recent.forget()
    assert counts.known(letter) == 2


def test_every_kind_and_proof_that_the_database_allows_is_counted():
    allowed = {
        each.name: each.condition for each in Signature._meta.constraints if isinstance(each, CheckConstraint)
    }
    assert allowed["a_signature_has_a_known_kind"] == Q(kind__in=Signature.Kind.values)
    assert allowed["a_signature_has_a_known_proof"] == Q(proof__in=Proof.values)

    letter = make_letter()
    for proof in Proof:
        named, hidden = sign(letter, "Ada Lovelace"), sign(letter, "Mary Jackson")
        by_receipt.change(hidden, Shown(Appear.ANONYMOUS))
        both = [signature_of(receipt).pk for receipt in (named, hidden)]
        letter.signatures.filter(pk__in=both).update(proof=proof)
    by_receipt.withdraw(sign(letter, "Grace Hopper"))

    tally = counts.recount(letter)
    assert tally == letter.signatures.all().tally() == Tally(3, 0, 3, dict.fromkeys(Proof.values, 2))
    assert counts.total(letter) == tally.total
    assert counts.total(make_letter()) == 0


SLOW = 0.3  # seconds that the database takes for a count here
READERS = 8
LONG = 60  # seconds: what a busy machine never takes by itself


def read_at_once(read: Callable[[], Any]) -> tuple[list[Any], int, float]:
    """What readers on connections of their own are shown, how many asked the database, how long the last one took."""
    barrier, shown, counted = threading.Barrier(READERS), [], []

    def slowly(execute: Any, sql: str, *rest: Any) -> Any:
        if "COUNT" in sql:
            counted.append(sql)
            time.sleep(SLOW)
        return execute(sql, *rest)

    def run() -> None:
        try:
            with connection.execute_wrapper(slowly):
                barrier.wait()
                shown.append(read())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(READERS)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return shown, len(counted), time.monotonic() - begun


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", [counts.shown, counts.shown_days])
def test_of_many_readers_at_once_one_counts(settings, monkeypatch, what):
    settings.COUNT_SECONDS = LONG
    monkeypatch.setattr(counts, "PATIENCE", LONG)
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    shown, counted, _ = read_at_once(lambda: what(letter))

    assert counted == 1
    assert shown == [what(letter)] * READERS


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_where_there_is_no_cache(settings, monkeypatch):
    settings.COUNT_SECONDS = LONG
    monkeypatch.setattr(counts, "PATIENCE", LONG)
    monkeypatch.setattr(cache, "_silent_until", time.monotonic() + LONG)
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    shown, counted, taken = read_at_once(lambda: counts.shown(letter).total)

    assert (shown, counted) == ([1] * READERS, READERS)
    assert taken < LONG


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_too_long_for_another_counts_too(settings):
    """The one who claimed it was killed."""
    settings.COUNT_SECONDS = LONG
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    caches["default"].set(f"grown:{letter.pk}:maker", 1, LONG)
    begun = time.monotonic()

    assert counts.shown(letter).total == 1

    assert counts.PATIENCE < time.monotonic() - begun < LONG
