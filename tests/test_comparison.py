"""Every shown number beside the rows: nothing is said when all is well, and each place is seen when it lies."""

from __future__ import annotations

from datetime import date

import pytest

from petitions import comparison, counts
from petitions.api import letters as told
from petitions.api.bundles import Published
from petitions.documents import letters as documents
from petitions.flows import batches, deliveries, letters, snapshots
from petitions.flows import receipts as by_receipt
from petitions.models import Appear, Day, Delivery, Grown, Mismatch, Signature, Snapshot, Tally
from tests.factories import make_letter, make_user, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter():
    """Named, anonymous, waiting and withdrawn signatures; delivered while open, and closed."""
    letter = make_letter(batch_size=5)
    sign(letter, "Ada Lovelace")
    gone = sign(letter, "Grace Hopper")
    for _ in range(6):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)
    sign(letter, appear=Appear.ANONYMOUS)
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    Snapshot.objects.update(first_body_at="2026-01-01T00:00Z")
    by_receipt.withdraw(gone)
    letters.close(letter)
    snapshots.freeze_due()
    return letter


def places(letter):
    return [figure.place for figure in comparison.compare(letter)]


def test_nothing_differs_on_a_letter_that_has_seen_everything(letter):
    assert places(letter) == []
    assert Mismatch.objects.count() == 0


def no_names(published):
    """All are counted, and nobody is listed."""
    for row in published.letter.signatures.all().counted():
        published.kinds[row.kind] += 1
        published.proofs[row.proof] += 1
    yield from ()


def nine(whole):
    """The letter as it is, but for its count."""
    return lambda letter: whole(letter) | {"count": Tally(named=9).as_json()}


def count_nine(monkeypatch):
    monkeypatch.setattr(Signature, "tally_of", lambda letter: NINE.tally)
    monkeypatch.setattr(Signature, "grown_of", lambda letter: NINE)


NINE = Grown(Tally(named=9), [Day(date(2026, 1, 1), 9)])
LIES = {
    "the shared count": (
        count_nine,
        [
            "page",
            "page, in words",
            "page, names in words",
            "API",
            "API, history",
            "API, sum of history",
        ],
    ),
    "the history": (
        lambda monkeypatch: monkeypatch.setattr(counts, "shown_days", lambda letter: NINE.days),
        ["API, history", "API, sum of history"],
    ),
    "the API's count": (
        lambda monkeypatch: monkeypatch.setattr(told, "whole", nine(told.whole)),
        ["API"],
    ),
    "the document": (
        lambda monkeypatch: monkeypatch.setattr(documents, "count_sentences", lambda *_: ["9 signatures"]),
        ["PDF"],
    ),
    "the bundle's count": (
        lambda monkeypatch: monkeypatch.setattr(Published, "tally", lambda published: Tally(named=9)),
        ["bundle", "bundle, rows"],
    ),
    "the bundle's list": (
        lambda monkeypatch: monkeypatch.setattr(Published, "sealed", no_names),
        ["bundle, names", "bundle, rows"],
    ),
    "a snapshot's count": (
        lambda _: Snapshot.objects.filter(number=1).update(count=Tally(named=900).as_json()),
        ["snapshot 1", "snapshot 1, sum of proofs", "snapshot 1, list", "snapshot 1, hash"],
    ),
    "a snapshot's list": (
        lambda _: Snapshot.objects.filter(number=1).update(names=["Ada Lovelace", "Nobody"]),
        ["snapshot 1, hash"],
    ),
    "signatures that are gone": (
        lambda _: Signature.objects.exclude(kind="named", state="published").delete(),
        ["snapshot 1", "snapshot 2"],
    ),
}


@pytest.mark.parametrize(("lie", "found"), LIES.values(), ids=LIES.keys())
def test_each_place_that_lies_is_named(letter, monkeypatch, lie, found):
    lie(monkeypatch)

    assert places(letter) == found
    assert sorted(Mismatch.objects.values_list("place", flat=True)) == sorted(found)


def test_operators_and_organizers_are_told_once_a_day_and_the_log_once_each_time(letter, monkeypatch, caplog):
    operator = make_user("operator@example.org", is_superuser=True)
    monkeypatch.setattr(counts, "shown_grown", lambda letter: NINE)

    comparison.compare(letter)
    comparison.compare(letter)

    told = Delivery.objects.filter(kind=Delivery.Kind.MISMATCH)
    assert {row.user for row in told} == {operator, letter.memberships.get().user}
    assert told.count() == 2
    told = [record for record in caplog.records if record.name == "petitions.comparison"]
    assert {(line.letter, line.place, line.shown, line.counted) for line in told} >= {
        (letter.pk, "page", 9, 8)
    }


def test_what_is_right_again_is_no_mismatch_any_more(letter, monkeypatch):
    Mismatch.objects.create(letter=letter, place="page", shown=9, counted=7)

    comparison.compare(letter)

    assert Mismatch.objects.count() == 0
