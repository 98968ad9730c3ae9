"""Statements that are built once say what their querysets say, each time with the values of that time."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from petitions.models import Challenge, Letter, Mark, Version, prepared, sessions
from tests.factories import make_letter
from tests.promises.processes import until

pytestmark = pytest.mark.django_db


def test_rows_are_found_whole_and_as_columns():
    first, second = make_letter(), make_letter()
    by_slug = prepared.Objects[Letter](lambda slug: Letter.objects.with_signing().filter(slug=slug))
    columns = prepared.Rows(
        lambda letter: Version.objects.filter(letter=letter).values_list("letter", "demands")
    )

    found = [by_slug.first(slug=letter.slug) for letter in (first, second)]

    assert found == [first, second]
    assert all(
        getattr(each, field.attname) == getattr(letter, field.attname)
        for each, letter in zip(found, Letter.objects.order_by("pk"), strict=True)
        for field in Letter._meta.concrete_fields
    )
    assert [(each.is_signable, each.is_signing_paused) for each in found] == [(True, False)] * 2
    assert by_slug.first(slug="nothing") is None
    assert columns.all(letter=first.pk) == [[first.pk, first.version.demands]]


def test_rows_are_written_changed_and_taken_once():
    letter, keys = make_letter(), [uuid.uuid4(), uuid.uuid4()]
    row = {"letter_id": letter.pk, "value": b"\x00\xff" * 16}
    mark = prepared.InsertOnce(Mark, "letter_id", "value")
    begin = prepared.Insert(Challenge)
    more = prepared.Update(lambda pk: Challenge.objects.fresh().filter(pk=pk), tries=F("tries") + 1)
    take = prepared.Delete(lambda pk: Challenge.objects.filter(pk=pk))
    is_there = prepared.Question(lambda pk: Challenge.objects.filter(pk=pk))

    assert [mark(id=key, **row) for key in keys] == [1, 0]
    assert [begin(id=key) for key in keys] == [1, 1]
    assert [more(pk=keys[0]), more(pk=keys[0]), more(pk=uuid.uuid4())] == [1, 1, 0]
    assert [take(pk=keys[1]), take(pk=keys[1])] == [1, 0]
    assert [is_there(pk=key) for key in keys] == [True, False]
    assert bytes(Mark.objects.get(pk=keys[0]).value) == row["value"]
    assert Challenge.objects.get(pk=keys[0]).tries == 2


def test_what_is_alike_is_built_once(django_assert_num_queries):
    built: list[object] = []

    def build(pk: object) -> object:
        built.append(pk)
        return Letter.objects.filter(pk=pk)

    question = prepared.Question(build)
    letter = make_letter()

    with django_assert_num_queries(3):
        assert [question(pk=letter.pk), question(pk=0), question(pk=letter.pk)] == [True, False, True]
    assert len(built) == 1


@pytest.mark.parametrize("is_own", [True, False], ids=["own session", "behind a pooler"])
def test_pairs_in_one_statement_happen_each_by_itself(is_own, monkeypatch):
    """Where a pooler stands between, nothing is left with a process that the next call may not meet."""
    monkeypatch.setattr(sessions, "is_own", lambda _line: is_own)
    keys = [uuid.uuid4(), uuid.uuid4()]
    for key in keys:
        prepared.Insert(Challenge)(id=key)
    both = prepared.Pairs(
        pair(lambda one: Challenge.objects.filter(pk=one, tries=0), lambda letter: noted(letter)),
        pair(lambda other: Challenge.objects.filter(pk=other, tries=0), lambda letter: noted(letter)),
    )
    letters = [make_letter().pk, make_letter().pk]

    assert both(one=keys[0], other=uuid.uuid4(), letter=letters[0]) == [1, 0]
    assert both(one=keys[0], other=keys[1], letter=letters[1]) == [0, 1]
    assert both(one=keys[0], other=keys[1], letter=letters[0]) == [0, 0]
    assert [*Challenge.objects.filter(pk__in=keys).values_list("tries", flat=True)] == [1, 1]
    assert Letter.objects.filter(pk__in=letters, is_paused=True).count() == 2
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = %s", [both._name])
            assert cursor.fetchone() == (int(is_own),)


def pair(first: Callable[..., object], second: Callable[..., object]) -> prepared.Pair:
    return prepared.Pair(
        prepared.Update(first, tries=F("tries") + 1), prepared.Update(second, is_paused=True), is_quick=True
    )


def noted(letter: object) -> object:
    return Letter.objects.filter(pk=letter)


@pytest.mark.on("postgresql")
def test_a_connection_of_our_own_is_told_from_a_poolers():
    connection.ensure_connection()

    assert sessions.is_own(connection.connection)


def test_statements_that_go_together_are_carried_out_in_turn():
    letter, key = make_letter(), uuid.uuid4()
    begin = prepared.Insert(Challenge)
    more = prepared.Update(lambda pk: Challenge.objects.fresh().filter(pk=pk), tries=F("tries") + 1)
    take = prepared.Delete(lambda pk: Challenge.objects.filter(pk=pk))
    tried = prepared.Rows(lambda pk: Challenge.objects.filter(pk=pk).values_list("tries"))
    is_there = prepared.Question(lambda pk: Challenge.objects.filter(pk=pk))

    with transaction.atomic():
        told = prepared.together(
            letter.sharing_lock(),
            begin.given(id=key),
            more.given(pk=key),
            tried.given(pk=key),
            take.given(pk=key),
            is_there.given(pk=key),
        )

    assert told == [None, 1, 1, [[1]], 1, False]


@pytest.mark.on("postgresql")
@pytest.mark.django_db(transaction=True)
def test_what_follows_a_lock_sees_what_was_committed_while_it_was_waited_for():
    """Otherwise a signature could be counted after the close."""
    letter, told = make_letter(), list[Any]()

    def enter():
        with transaction.atomic():
            told.extend(prepared.together(*Version.to_sign(letter)))
        connection.close()

    signer = threading.Thread(target=enter)
    with transaction.atomic():
        letter.hold_lock()
        signer.start()
        until(_somebody_waits)
        Letter.objects.filter(pk=letter.pk).update(state="closed", closed_at=Now())
    signer.join(60)

    assert told == [None, []]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone() is not None
