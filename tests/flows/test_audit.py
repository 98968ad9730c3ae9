"""Events in their chain: what was changed afterwards is found, whoever did it."""

from __future__ import annotations

import threading
from datetime import timedelta
from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from petitions.flows import audit, purges, receipts, signatures, takedowns
from petitions.flows.signatures import Shown
from petitions.models import Appear, AuditChain, AuditEvent
from tests.factories import make_draft, make_letter, make_user, sign, sign_sealed, signature_of

pytestmark = pytest.mark.django_db

migration = import_module("petitions.migrations.0014_paper_and_audit_chain")
TABLE = "petitions_auditevent"


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def unlocked():
    """Whoever holds the database can also take its triggers away."""
    for statement in migration.LOOSE[connection.vendor]:
        sql(statement)


def write(number: int = 5) -> list[AuditEvent]:
    return [audit.record(f"verb{place}", letter=None, about=place) for place in range(number)]


def checked(*arguments: str) -> str:
    said = StringIO()
    call_command("audit", *arguments, stdout=said)
    return said.getvalue()


def found_at() -> tuple[int, str]:
    with pytest.raises(CommandError) as refusal:
        checked()
    number, _, why = str(refusal.value).removeprefix("Event ").partition(": ")
    return int(number.split()[0]), why


def test_what_happened_is_a_chain():
    letter = make_letter()
    write(3)

    numbers = list(AuditEvent.objects.order_by("number").values_list("number", "verb"))

    assert [verb for _number, verb in numbers] == ["created", "opened", "verb0", "verb1", "verb2"]
    assert [number for number, _verb in numbers] == [1, 2, 3, 4, 5]
    last = AuditEvent.objects.latest("number")
    assert f"5 events, each in its place.\nThe chain ends at event 5: {last.sha256}\n" == checked()
    assert letter.events.count() == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("verb", "opened"),
        ("object_id", "9"),
        ("at", "2020-01-01 00:00:00+00:00"),
        ("actor_id", 9),
        ("letter_id", 9),
        ("sha256", "0" * 64),
        ("number", 900),
    ],
)
def test_a_changed_event_is_found(unlocked, column, value):
    third = write()[2]
    sql(f"UPDATE {TABLE} SET {column} = %s WHERE id = %s", value, third.pk)
    # one whose place was changed is missing where it was
    assert found_at()[0] == (4 if column == "number" else 3)


@pytest.mark.parametrize("place", range(5))
def test_a_removed_event_is_found(unlocked, place):
    events = write()
    sql(f"DELETE FROM {TABLE} WHERE id = %s", events[place].pk)
    assert found_at()[0] == (5 if place == 4 else place + 2)


def test_all_events_removed_are_missed(unlocked):
    write()
    sql(f"DELETE FROM {TABLE}")
    assert found_at() == (1, "The newest events are missing, or more than the chain's end knows.")


def test_events_in_another_order_are_found(unlocked):
    events = write()
    for event, number in ((events[1], 90), (events[2], 2), (events[1], 3)):
        sql(f"UPDATE {TABLE} SET number = %s WHERE id = %s", number, event.pk)
    assert found_at()[0] == 2


@pytest.mark.parametrize("number", [0, 6, 7])
def test_an_inserted_event_is_found(number):
    """No trigger refuses it: writing events is what the program does as well."""
    event = AuditEvent(number=number, verb="opened", at=timezone.now())
    event.sha256 = audit.link(write()[4].sha256, event)
    columns = "number, verb, object_id, at, sha256"
    row = (number, event.verb, "", event.at, event.sha256)
    sql(f"INSERT INTO {TABLE} ({columns}) VALUES (%s, %s, %s, %s, %s)", *row)
    assert found_at()[0] == {0: 0, 6: 7, 7: 7}[number]


def test_whoever_makes_the_whole_chain_anew_is_found_by_a_hash_that_was_written_down(unlocked):
    known = write()[3].sha256
    assert "each in its place" in checked("--known", known.upper())

    before = AuditChain.BEGINNING
    for event in AuditEvent.objects.order_by("number"):
        event.verb = "changed"
        before = audit.link(before, event)
        sql(f"UPDATE {TABLE} SET verb = %s, sha256 = %s WHERE id = %s", event.verb, before, event.pk)
    AuditChain.objects.update(sha256=before)

    assert "each in its place" in checked()
    with pytest.raises(CommandError, match="The hash that you know is not in the chain"):
        checked("--known", known)


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET verb = 'other' WHERE number = 5",
        f"UPDATE {TABLE} SET actor_id = NULL",
        f"DELETE FROM {TABLE} WHERE number = 2",
        f"DELETE FROM {TABLE} WHERE number = 5",
    ],
)
def test_the_database_refuses_to_change_an_event(statement):
    write()
    with pytest.raises(DatabaseError, match=r"never changes|Only the oldest"), transaction.atomic():
        sql(statement)
    assert audit.broken() is None


def test_a_user_who_is_erased_leaves_a_number_and_the_chain_whole():
    user = make_user()
    letter = make_draft(owner=user)
    number = user.pk
    letter.memberships.all().delete()
    user.delete()
    letter.delete()

    event = AuditEvent.objects.select_related("actor", "letter").get()
    assert (event.actor_id, event.actor, event.letter) == (number, None, None)
    assert audit.broken() is None


def test_old_events_go_and_the_rest_still_holds(unlocked, monkeypatch):
    monkeypatch.setattr(purges, "SLICE", 2)
    write(7)
    before = AuditChain.BEGINNING
    for event in AuditEvent.objects.order_by("number"):  # five of them two years ago
        event.at -= timedelta(days=731 if event.number <= 5 else 0)
        before = audit.link(before, event)
        sql(f"UPDATE {TABLE} SET at = %s, sha256 = %s WHERE id = %s", event.at, before, event.pk)
    AuditChain.objects.update(sha256=before)
    migration.lock(apps, connection.schema_editor(atomic=False))
    fifth = AuditEvent.objects.get(number=5).sha256

    assert purges.keep()["events"] == 5

    assert [event.verb for event in AuditEvent.objects.order_by("number")] == ["verb5", "verb6", "purged"]
    assert "Up to event 5 they were erased for their age." in checked("--known", fifth)
    for statement in migration.LOOSE[connection.vendor]:
        sql(statement)
    sql(f"DELETE FROM {TABLE} WHERE number = 6")
    assert found_at()[0] == 7


def test_a_transaction_that_fails_leaves_no_link():
    write(1)
    with transaction.atomic():
        audit.record("never", letter=None)
        transaction.set_rollback(True)
    write(1)
    assert audit.broken() is None
    assert AuditChain.objects.get().number == 2


@pytest.mark.django_db(transaction=True)
def test_many_who_write_at_once_stand_one_after_the_other():
    """Also the very first ones, who find no row of the chain yet."""
    failures: list[Exception] = []

    def write_some() -> None:
        try:
            for _ in range(5):
                audit.record("together", letter=None)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=write_some) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert audit.broken() is None
    assert AuditChain.objects.get().number == AuditEvent.objects.count() == 30


def test_an_event_costs_four_queries(django_assert_num_queries):
    write(1)
    with transaction.atomic(), django_assert_num_queries(4):
        audit.record("cheap", letter=None)


def test_signers_leave_no_event():
    letter = make_letter()
    before = AuditEvent.objects.count()

    receipt = sign(letter, "Ada Lovelace", statement="Because")
    sign(letter, appear=Appear.ANONYMOUS)
    sign_sealed(letter)
    signatures.hide(signature_of(receipt))
    receipts.withdraw(sign(letter, "Grace Hopper"))
    takedowns.ask(signature_of(sign(letter, "Not Me")), reason="Not me")
    receipts.change(sign(letter, "Mary"), Shown(Appear.FULL, "Mary Seacole", "Nurse", ""))

    assert AuditEvent.objects.count() == before


def test_earlier_events_are_chained_by_the_migration(unlocked):
    letter = make_letter()
    write(3)
    ends = list(AuditEvent.objects.order_by("number").values_list("sha256", flat=True))
    sql(f"UPDATE {TABLE} SET sha256 = 'x'")
    AuditChain.objects.all().delete()

    migration.chain(apps, connection.schema_editor(atomic=False))

    assert list(AuditEvent.objects.order_by("number").values_list("sha256", flat=True)) == ends
    assert audit.broken() is None
    assert letter.events.count() == 2
