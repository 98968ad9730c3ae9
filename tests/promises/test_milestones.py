"""Milestones: each threshold is reached once and told once, whoever crosses it, how often, and whoever dies."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial

import pytest
from django.db.models.functions import Now

from petitions import tasks
from petitions.flows import letters, milestones, proofs, receipts, signatures
from petitions.flows.signatures import Shown
from petitions.models import Appear, Delivery, Letter, Proof, Signature, WaitingSignature
from tests.factories import make_letter, make_user, sign
from tests.promises.races import together
from tests.promises.sizes import sized

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("many_connections"),
    pytest.mark.timeout(sized(300, 3000)),
]

SIGNERS = 20
THRESHOLDS = sized((3, 6, 12, 20), (50, 100, 250, 450))


def two_organizers(*thresholds: int) -> Letter:
    letter = make_letter(milestones=thresholds)
    letter.memberships.create(user=make_user(), role="editor")
    return letter


def untold(letter: Letter) -> list[int]:
    """Thresholds that were not reached, or seen too early, or not told each organizer once."""
    organizers = sorted(letter.memberships.values_list("user_id", flat=True))
    return [
        milestone.threshold
        for milestone in letter.milestones.all()
        if milestone.reached_at is None
        or milestone.count_seen < milestone.threshold
        or sorted(notices(letter).filter(milestone=milestone).values_list("user_id", flat=True)) != organizers
    ]


def notices(letter: Letter):
    return letter.deliveries.filter(kind=Delivery.Kind.MILESTONE)


@pytest.mark.promise("P9")
def test_twenty_who_sign_at_once_miss_no_threshold_and_double_none(figures):
    """While the sweep looks as well, as it does in production."""
    number, wrong = sized(8, 200), []

    for _ in range(number):
        letter = two_organizers(*THRESHOLDS)
        for threshold in THRESHOLDS:
            if letter.signatures.count() < threshold:
                many_signed(letter, threshold - SIGNERS // 2)
                people = [signer(letter, f"person{person}.{threshold}") for person in range(SIGNERS)]
                assert set(together([*people, partial(milestones.check, letter)])) == {None}
        wrong += untold(letter)

    crossings, told = number * len(THRESHOLDS), Delivery.objects.filter(kind=Delivery.Kind.MILESTONE).count()
    figures(letters=number, crossings=crossings, missed=len(wrong), doubled=told - 2 * crossings)
    assert (wrong, told) == ([], 2 * crossings)


def many_signed(letter: Letter, number: int) -> None:
    """So that the letter has this many signatures; nobody looks at its milestones."""
    common = {"letter": letter, "version": letter.version, "kind": "named", "proof": Proof.MAILBOX}
    Signature.objects.bulk_create(
        Signature(receipt_hash=secrets.token_bytes(32), name="Grace Hopper", signed_at=Now(), **common)
        for _ in range(letter.signatures.count(), number)
    )


def signer(letter: Letter, mailbox: str) -> Callable[[], None]:
    pending, code = proofs.challenge(
        letter, purpose="sign", address=f"{mailbox}@example.test", appear=Appear.FULL, name="Ada Lovelace"
    )
    return lambda: signatures.sign(letter, pending, code)


@pytest.mark.promise("P9")
def test_a_threshold_that_is_crossed_a_hundred_times_is_told_once(figures):
    """Four people withdraw and come back all the time, around a threshold that two others nearly reach."""
    letter, shown = two_organizers(4), Shown(Appear.FULL, "Ada Lovelace")
    for _ in range(2):
        sign(letter, "Grace Hopper")
    wavering = [sign(letter, "Ada Lovelace") for _ in range(4)]

    def waver(receipt: str) -> None:
        for _ in range(25):
            receipts.withdraw(receipt)
            receipts.come_back(receipt, shown)

    assert set(together(partial(waver, receipt) for receipt in wavering)) == {None}

    figures(oscillations=100, notices=notices(letter).count())
    assert (untold(letter), notices(letter).count()) == ([], 2)


@pytest.mark.promise("P9")
@pytest.mark.parametrize("publish", [tasks.publish_batches, lambda: letters.close(Letter.objects.get())])
def test_thresholds_that_are_jumped_over_are_each_told_once(publish):
    """From 40 to 460 at one stroke, which five try at once."""
    letter = two_organizers(50, 100, 250, 450)
    for _ in range(40):
        sign(letter, "Ada Lovelace")
    many_wait(letter, 420)

    outcomes = together([publish] * 5)

    assert {type(outcome) for outcome in outcomes} <= {type(None), letters.NotOpen}
    assert letter.milestones.filter(count_seen=460).count() == 4
    assert (untold(letter), notices(letter).count()) == ([], 8)


def many_wait(letter: Letter, number: int) -> None:
    common = {"letter": letter, "version": letter.version, "kind": "by_policy", "proof": Proof.MAILBOX}
    WaitingSignature.objects.bulk_create(
        WaitingSignature(receipt_hash=secrets.token_bytes(32), **common) for _ in range(number)
    )


DIES_AFTER_COMMIT = """
import time, django
django.setup()
from django.db import transaction
from petitions.flows import proofs, signatures
from petitions.models import Letter

letter = Letter.objects.get()
shown = {"name": "Ada Lovelace", "appear": "full"}
pending, code = proofs.challenge(letter, purpose="sign", address="last@example.test", **shown)
with transaction.atomic():
    transaction.on_commit(lambda: time.sleep(600))  # comes before the look at the milestones
    signatures.sign(letter, pending, code)
"""


@pytest.mark.promise("P9")
@pytest.mark.processes
def test_a_threshold_whose_signer_died_after_the_commit_is_found_by_the_sweep(parts):
    letter = two_organizers(3)
    for _ in range(2):
        sign(letter, "Grace Hopper")
    parts.start("signer", "python", "-c", DIES_AFTER_COMMIT)
    parts.wait(lambda: letter.signatures.count() == 3)
    parts.kill("signer")
    assert (untold(letter), notices(letter).count()) == ([3], 0)

    for _ in range(2):
        tasks.publish_batches()

    assert (untold(letter), notices(letter).count()) == ([], 2)
