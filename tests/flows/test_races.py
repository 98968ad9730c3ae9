"""What happens at the same moment: real threads, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction

from accounts.models import User
from petitions import counts, subscribers
from petitions.crypto import blind, typed
from petitions.flows import (
    batches,
    deliveries,
    invitations,
    letters,
    organizers,
    proofs,
    signatures,
    snapshots,
    subscriptions,
)
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import Shown
from petitions.models import Appear, Delivery, Letter, Signature, Snapshot, Subscription, WaitingSignature
from tests.beside import Beside
from tests.factories import make_invitations, make_letter, make_user, sign, signature_of

pytestmark = pytest.mark.django_db(transaction=True)


def together(*works: Callable[[], object]) -> list[BaseException]:
    """Run all at once; the exceptions that came out."""
    barrier, raised = threading.Barrier(len(works)), []

    def run(work):
        try:
            barrier.wait()
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def signer(letter: Letter, number: int, appear: str) -> Callable[[], None]:
    name = "" if appear == Appear.ANONYMOUS else f"Signer {chr(65 + number)}x"
    pending, code = proofs.challenge(
        letter, purpose="sign", address=f"person{number}@example.test", appear=appear, name=name
    )
    return lambda: signatures.sign(letter, pending, code)


@pytest.mark.parametrize("appear", [Appear.FULL, Appear.ANONYMOUS])
def test_nothing_is_counted_after_the_close_and_nothing_before_it_is_dropped(appear):
    letter = make_letter()
    signers = [signer(letter, number, appear) for number in range(12)]

    raised = together(*signers, lambda: letters.close(letter))

    assert {type(error) for error in raised} <= {signatures.LetterNotOpen}
    counted = counts.recount(letter).total
    assert counted == 12 - len(raised)
    assert letter.snapshots.get().count["total"] == counted
    assert WaitingSignature.objects.count() == 0


def test_one_mailbox_that_signs_in_many_browsers_at_once_counts_once():
    letter = make_letter()
    signers = []
    for _ in range(10):
        pending, code = proofs.challenge(
            letter, purpose="sign", address="ada@example.test", appear=Appear.FULL, name="Ada Lovelace"
        )
        signers.append(lambda pending=pending, code=code: signatures.sign(letter, pending, code))

    raised = together(*signers)

    assert [type(error) for error in raised] == [signatures.AlreadySigned] * 9
    assert counts.recount(letter).total == 1


def test_a_withdrawal_while_the_batch_is_published_counts_once_or_not_at_all():
    letter = make_letter(batch_size=5)
    receipts = [sign(letter, appear=Appear.ANONYMOUS) for _ in range(6)]

    raised = together(
        lambda: batches.publish_full(letter),
        lambda: batches.publish_full(letter),
        *(lambda receipt=receipt: by_receipt.withdraw(receipt) for receipt in receipts[:3]),
    )

    assert raised == []
    gone = Signature.objects.filter(state=Signature.State.WITHDRAWN).count()
    assert (gone, WaitingSignature.objects.count() + counts.recount(letter).total) == (3, 3)


def test_a_name_hidden_while_the_letter_is_delivered_is_not_in_the_picture():
    owner = make_user()
    letter = make_letter(owner=owner)
    receipts = [sign(letter, f"Hidden {chr(65 + number)}x") for number in range(4)]
    sign(letter, "Grace Hopper")

    raised = together(
        lambda: deliveries.deliver(letter, number=1, by=owner),
        snapshots.freeze_due,
        *(
            lambda receipt=receipt: by_receipt.change(receipt, Shown(Appear.ANONYMOUS))
            for receipt in receipts
        ),
    )
    snapshots.freeze_due()

    assert raised == []
    assert Snapshot.objects.get().names == ["Grace Hopper"]


def test_delivering_and_closing_at_once_give_each_a_picture_or_a_refusal():
    owner = make_user()
    letter = make_letter(owner=owner)

    raised = together(
        lambda: deliveries.deliver(letter, number=1, by=owner),
        lambda: letters.close(letter, by=owner),
    )

    assert {type(error) for error in raised} <= {snapshots.NumberTaken}
    reasons = sorted(letter.snapshots.values_list("reason", flat=True))
    assert reasons == (["closing"] if raised else ["closing", "delivery"])


def test_the_same_change_pressed_twice_is_one_change():
    letter = make_letter(batch_size=5)
    receipts = [sign(letter, appear=Appear.ANONYMOUS) for _ in range(5)]
    batches.publish_full(letter)

    reveal = lambda: by_receipt.change(receipts[0], Shown(Appear.FULL, "Ada Lovelace"))  # noqa: E731
    raised = together(reveal, reveal)

    assert raised == []
    assert signature_of(receipts[0]).name == "Ada Lovelace"
    assert counts.recount(letter).total == 5


def invited(letter: Letter, code: str, appear: str) -> Callable[[], None]:
    shown = Shown(appear, "Ada Lovelace" if appear == Appear.FULL else "")
    receipt = typed.new_receipt()
    return lambda: invitations.sign(letter, code, shown, receipt, version=letter.version.sha256)


def test_one_invitation_used_fifty_times_at_once_signs_once():
    letter = make_letter()
    code = make_invitations(letter)[0]

    raised = together(*(invited(letter, code, Appear.FULL) for _ in range(50)))

    assert [type(error) for error in raised] == [invitations.InvitationRefused] * 49
    assert (counts.recount(letter).total, letter.invitations.count()) == (1, 9)


def token_for(letter: Letter, code: str, hidden: bytes) -> object:
    return invitations.issue(letter, code, hidden, version=letter.version.sha256)


def test_one_invitation_gives_a_token_or_a_signature_and_never_both():
    letter = make_letter()
    code, key = make_invitations(letter)[0], letter.public_keys.get(proof="invitation")
    public = blind.load_public(bytes(key.spki))
    hidden = [blind.blind(public, str(number).encode())[0] for number in range(4)]
    given: list[object] = []

    raised = together(
        *(lambda each=each: given.append(token_for(letter, code, each)) for each in hidden),
        *(invited(letter, code, Appear.FULL) for _ in range(4)),
    )

    assert {type(error) for error in raised} == {invitations.InvitationRefused}
    assert (len(raised), len(given) + counts.recount(letter).total) == (7, 1)


@pytest.mark.parametrize("appear", [Appear.FULL, Appear.ANONYMOUS])
def test_invitations_used_while_the_letter_closes_count_or_are_refused(appear):
    letter = make_letter()
    codes = make_invitations(letter, 12)

    raised = together(
        *(invited(letter, code, appear) for code in codes),
        lambda: letters.close(letter),
    )

    assert {type(error) for error in raised} <= {signatures.LetterNotOpen}
    counted = counts.recount(letter).total
    assert counted == 12 - len(raised)
    assert letter.snapshots.get().count["total"] == counted
    assert (WaitingSignature.objects.count(), letter.invitations.count()) == (0, 0)


def test_invitations_used_while_they_are_voided_count_or_are_refused():
    letter = make_letter()
    codes, by = make_invitations(letter, 12), letter.memberships.get().user

    raised = together(
        *(invited(letter, code, Appear.FULL) for code in codes),
        lambda: invitations.void(letter, by=by),
        lambda: invitations.print_sheet(letter, proof="former", number=10, by=by),
    )

    assert {type(error) for error in raised} <= {invitations.InvitationRefused}
    assert counts.recount(letter).total == 12 - len(raised)
    assert letter.invitations.filter(proof="invitation").count() == 0
    valid = sum(letter.sheets.valid().values_list("number", flat=True))
    assert letter.invitations.filter(proof="former").count() == valid


def test_unsubscribing_while_followers_are_told_waits_and_takes_the_notice_along():
    letter = make_letter()
    follower = subscribers.sealed(letter, address="ada@example.test", mark=b"m" * 32)
    follower.save()
    secret = subscribers.opened(follower)["secret"]

    with transaction.atomic():
        deliveries.tell_followers(letter, Delivery.Kind.CLOSING, key="closing")
        left = Beside(lambda: subscriptions.end(secret))
        left.wait_a_little()

    assert left.outcome() is None
    assert (Subscription.objects.count(), Delivery.objects.filter(kind=Delivery.Kind.CLOSING).count()) == (
        0,
        0,
    )


def test_two_first_sheets_at_once_share_a_key():
    letter = make_letter()
    by = letter.memberships.get().user
    printing = lambda: invitations.print_sheet(letter, proof="former", number=10, by=by)  # noqa: E731

    assert together(printing, printing) == []

    assert (letter.invitations.count(), letter.public_keys.filter(proof="former").count()) == (20, 1)


def test_two_owners_who_leave_at_once_leave_one_behind():
    letter = make_letter()
    first, second = letter.memberships.get(), letter.memberships.create(user=make_user(), role="owner")

    raised = together(*(partial(organizers.leave, letter, by=member.user) for member in (first, second)))

    assert [type(error) for error in raised] == [organizers.LastOwner]
    assert letter.memberships.filter(role="owner").count() == 1


def test_of_two_owners_who_remove_each_other_at_once_one_remains():
    letter = make_letter()
    first, second = letter.memberships.get(), letter.memberships.create(user=make_user(), role="owner")

    raised = together(
        partial(organizers.remove, letter, second.pk, by=first.user),
        partial(organizers.change_role, letter, first.pk, role="reviewer", by=second.user),
    )

    assert [type(error) for error in raised] == [organizers.NotAnOwner]
    assert letter.memberships.filter(role="owner").count() == 1


def test_an_invitation_that_is_accepted_twice_at_once_gives_the_role_once():
    letter, user = make_letter(), User.objects.create_organizer("ada@private.test")
    owner = letter.memberships.get().user
    invitation = organizers.invite(letter, address=user.email, role="editor", by=owner)

    raised = together(*[partial(organizers.accept, invitation, by=user)] * 4)

    assert [type(error) for error in raised] == [organizers.Gone] * 3
    assert letter.memberships.get(user=user).role == "editor"
