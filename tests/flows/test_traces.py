from __future__ import annotations

import struct

import pytest
from django.db import connection

from petitions import tasks
from petitions.crypto import typed
from petitions.flows import letters, traces
from petitions.models import Appear, Mark, WaitingSignature, journal
from petitions.models import Signature as Published
from tests.factories import make_letter, sign
from tests.places import begin_anew, by_transaction, in_place, with_place

pytestmark = pytest.mark.django_db


def sign_quietly(letter, number=1):
    return [sign(letter, appear=Appear.ANONYMOUS) for _ in range(number)]


def test_nothing_moves_where_nothing_is_new():
    letter = make_letter()
    assert traces.scatter(letter) == 0

    sign_quietly(letter, 3)

    assert [traces.scatter(letter) for _ in range(3)] == [6, 0, 0]


def test_everything_is_there_as_before_but_for_ids():
    letter = make_letter()
    sign_quietly(letter, 20)
    Mark.objects.filter(pk=Mark.objects.first().pk).update(blinded_hash=bytes(32))
    before = contents(Mark), contents(WaitingSignature)

    traces.scatter(letter)

    assert (contents(Mark), contents(WaitingSignature)) == before
    assert not Mark.objects.filter(is_scattered=False).exists()
    assert not WaitingSignature.objects.filter(is_scattered=False).exists()


def contents(model):
    fields = [field.attname for field in model._meta.fields if field.name not in ("id", "is_scattered")]
    return sorted(map(repr, model.objects.values_list(*fields)))


def test_ids_are_drawn_anew():
    letter = make_letter()
    sign_quietly(letter, 20)
    before = {
        *Mark.objects.values_list("pk", flat=True),
        *WaitingSignature.objects.values_list("pk", flat=True),
    }

    traces.scatter(letter)

    assert not before & {*Mark.objects.values_list("pk", flat=True)}
    assert not before & {*WaitingSignature.objects.values_list("pk", flat=True)}


def test_no_two_tables_can_be_laid_side_by_side():
    begin_anew(Mark, WaitingSignature)
    letter = make_letter()
    sign_quietly(letter, 60)
    assert in_place(Mark, "value") == in_place(WaitingSignature, "receipt_hash")  # as the factory marks them

    traces.scatter(letter)

    marks, waiting = in_place(Mark, "value"), in_place(WaitingSignature, "receipt_hash")
    assert sorted(marks) == sorted(waiting)
    assert sum(mark == row for mark, row in zip(marks, waiting, strict=True)) < 10  # one is to be expected


def test_one_signer_alone_is_hidden_among_all_who_signed_before():
    """Her row lies anywhere, not at the end, though nobody else came between two sweeps."""
    letter, found = make_letter(), set()
    for _ in range(30):
        (receipt,) = sign_quietly(letter)
        traces.scatter(letter)
        found.add(len(in_place(Mark, "value")) - in_place(Mark, "value").index(typed.digest(receipt)))

    assert len(found) > 5
    if connection.vendor == "postgresql":
        assert len(set(by_transaction(Mark, "value").values())) == 1


def test_a_large_letter_moves_as_many_old_marks_as_hide_the_new_one(monkeypatch):
    monkeypatch.setattr(traces, "MOST", 10)
    letter = make_letter()
    sign_quietly(letter, 60)
    while traces.scatter(letter):
        pass
    before = dict(Mark.objects.values_list("pk", "value"))

    (receipt,) = sign_quietly(letter)

    assert traces.scatter(letter) == 1 + 10 + 61  # the new mark, its company, and all that waits
    moved = {bytes(value) for value in Mark.objects.exclude(pk__in=before).values_list("value", flat=True)}
    assert len(moved) == 11
    assert typed.digest(receipt) in moved


def test_company_is_found_wherever_chance_begins(monkeypatch):
    """Each of the old marks moves sooner or later: none is out of reach, none always chosen."""
    monkeypatch.setattr(traces, "MOST", 5)
    letter = make_letter()
    sign_quietly(letter, 25)
    while traces.scatter(letter):
        pass
    never_moved = {bytes(value) for value in letter.marks.values_list("value", flat=True)}

    for _ in range(500):
        before = set(Mark.objects.values_list("pk", flat=True))
        sign(letter, "Ada Lovelace")
        traces.scatter(letter)
        moved = letter.marks.exclude(pk__in=before).values_list("value", flat=True)
        never_moved -= {bytes(value) for value in moved}
        if not never_moved:
            break

    assert not never_moved


def test_who_moves_together_does_not_tell_who_is_new(monkeypatch):
    """What stays of a mark is its value: neighbours by it would be company, and the one that is none the new one."""
    monkeypatch.setattr(traces, "MOST", 20)
    letter = make_letter()
    sign_quietly(letter, 100)
    while traces.scatter(letter):
        pass
    before = set(Mark.objects.values_list("pk", flat=True))
    values = sorted(bytes(value) for value in letter.marks.values_list("value", flat=True))
    sign_quietly(letter)

    traces.scatter(letter)

    moved = letter.marks.exclude(pk__in=before).values_list("value", flat=True)
    company = {values.index(bytes(value)) for value in moved if bytes(value) in values}
    assert len(company) == 20
    assert sum((place + 1) % len(values) in company for place in company) < 15  # of neighbours 19


def test_other_letters_stay_where_they_are():
    letter, other = make_letter(), make_letter()
    sign_quietly(other, 5)
    traces.scatter(other)
    kept = list(with_place(Mark, "value"))
    sign_quietly(letter, 5)

    traces.scatter(letter)

    assert [row for row in with_place(Mark, "value") if row in kept] == kept


@pytest.mark.django_db(transaction=True)
def test_the_sweep_scatters_the_rows_of_open_letters():
    letter, closed = make_letter(), make_letter()
    sign_quietly(closed, 2)
    letters.close(closed)
    sign_quietly(letter, 9)

    tasks.scatter_rows()

    assert not Mark.objects.filter(is_scattered=False).exists()
    assert Published.objects.filter(letter=closed).count() == 2


@pytest.mark.on("postgresql")
@pytest.mark.django_db(transaction=True)
def test_rows_that_moved_leave_nothing_in_their_old_places():
    letter = make_letter()
    sign_quietly(letter, 9)
    traces.scatter(letter)
    assert (places_taken(Mark), places_taken(WaitingSignature)) == (18, 18)

    journal.empty()

    assert (places_taken(Mark), places_taken(WaitingSignature)) == (9, 9)


def places_taken(model):
    """Line pointers with a row behind them, dead or alive (PostgreSQL's manual, "Database Page Layout")."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT pg_read_binary_file(pg_relation_filepath(%s))", [model._meta.db_table])
        data = bytes(cursor.fetchone()[0])
    taken = 0
    for start in range(0, len(data), 8192):
        (end,) = struct.unpack_from("<H", data, start + 12)
        pointers = struct.unpack_from(f"<{(end - 24) // 4}I", data, start + 24)
        taken += sum(pointer >> 15 & 3 == 1 for pointer in pointers)
    return taken
