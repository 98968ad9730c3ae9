"""The outbox: rows written in the transaction that causes them, and sent one by one."""

from __future__ import annotations

import smtplib
import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from config.logs import masked
from petitions import mail
from petitions.flows import audit, snapshots
from petitions.models import Delivery, Letter, Recipient, Snapshot
from petitions.smtp import Answered, Conversation
from petitions.wire import Message

FIRST_WAIT = timedelta(seconds=20)
LONGEST_WAIT = timedelta(hours=1)


class NotPublished(Exception):
    """A draft has no version that could be delivered."""


class NobodyToDeliverTo(Exception):
    """Every recipient has opted out, or there is none."""


def enqueue(
    letter: Letter, kind: str, *, key: str, reader: str, ids: Iterable[object], **about: object
) -> None:
    """Write one row for each reader, once: the same key and reader never make a second row.

    `reader` says what the ids are of: recipient, user or subscription.
    """
    rows = [
        Delivery(letter=letter, kind=kind, key=f"{key}:{reader}:{pk}", **{f"{reader}_id": pk}, **about)
        for pk in ids
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def tell_everybody(letter: Letter, kind: str, *, key: str, **about: object) -> None:
    """A notice to the letter's organizers and followers."""
    tell_organizers(letter, kind, key=key, **about)
    tell_followers(letter, kind, key=key, **about)


def tell_organizers(letter: Letter, kind: str, *, key: str, **about: object) -> None:
    members = letter.memberships.values_list("user_id", flat=True)
    enqueue(letter, kind, key=key, reader="user", ids=members, **about)


def tell_followers(letter: Letter, kind: str, *, key: str, **about: object) -> None:
    followers = letter.subscriptions.values_list("pk", flat=True)
    enqueue(letter, kind, key=key, reader="subscription", ids=followers, **about)


@transaction.atomic
def deliver(letter: Letter, *, number: int, by: User) -> Snapshot:
    """One letter to each recipient, with the picture of this moment. The same number again delivers nothing more.

    Raises `NotPublished`, `NobodyToDeliverTo`, `snapshots.NumberTaken`.
    """
    letter.hold_lock()  # whoever changes a signature at this moment is in the picture, or makes it anew
    if letter.is_draft:
        raise NotPublished
    ids = list(Recipient.objects.filter(letter=letter, opted_out_at=None).values_list("pk", flat=True))
    if not ids:
        raise NobodyToDeliverTo
    snapshot, is_new = snapshots.ask(letter, reason=Snapshot.Reason.DELIVERY, number=number)
    if is_new:
        enqueue(
            letter,
            Delivery.Kind.LETTER,
            key=f"letter:{snapshot.pk}",
            reader="recipient",
            ids=ids,
            snapshot=snapshot,
        )
        audit.record("delivered", letter=letter, by=by, about=snapshot.number)
    return snapshot


def cancel(delivery: Delivery, *, by: User) -> bool:
    """True when nothing of it had been given away; from then on nothing will be."""
    waiting = Delivery.objects.filter(pk=delivery.pk, state__in=[Delivery.State.QUEUED, Delivery.State.HELD])
    if not waiting.update(state=Delivery.State.CANCELLED, finished_at=Now()):
        return False
    audit.record("delivery_cancelled", letter=delivery.letter, by=by, about=delivery.pk)
    return True


def send(pk: int) -> None:
    """Claim the row and try once. Ringing twice does no harm: only one caller gets the lease."""
    token = Delivery(pk=pk).claim()
    if token is None:
        return
    delivery = Delivery.objects.select_related("letter", "recipient", "user", "subscription", "snapshot").get(
        pk=pk
    )
    try:
        message = mail.compose(delivery)
        body = message.as_email().as_bytes()
    except mail.Obsolete:
        delivery.cancel_leased(token)
    except mail.NotYet:
        delivery.put_back(token, None, "", during=Delivery.State.LEASED, wait=timedelta(0))
    except Exception as error:
        _interrupted(delivery, token, error, Delivery.State.LEASED)
        raise
    else:
        _converse(delivery, token, message, body)


def _converse(delivery: Delivery, token: uuid.UUID, message: Message, body: bytes) -> None:
    """Nothing is given away before `in_data` is committed; after it only the server's answer moves the row."""
    phase: str = Delivery.State.LEASED
    try:
        with Conversation() as conversation:
            conversation.offer(message.envelope_sender, message.to)
            if not _let_out(delivery, token):
                delivery.put_back(token, None, "", during=phase, wait=timedelta(0))
                return
            phase = Delivery.State.IN_DATA
            code, text = conversation.hand_over(body)
            delivery.accept(token, code, _kept(text))
            phase = Delivery.State.ACCEPTED
    except Answered as answer:
        _answered(delivery, token, answer, phase)
    except (OSError, UnicodeError, smtplib.SMTPException) as error:
        _interrupted(delivery, token, error, phase)


@transaction.atomic
def _let_out(delivery: Delivery, token: uuid.UUID) -> bool:
    """Commit `in_data` while the rendered snapshot is still the one that stands."""
    if delivery.snapshot and not delivery.snapshot.let_out():
        return False
    return delivery.start_body(token)


def _answered(delivery: Delivery, token: uuid.UUID, answer: Answered, phase: str) -> None:
    if answer.is_final:
        delivery.refuse(token, answer.code, _kept(answer.text), during=phase)
    else:
        delivery.put_back(token, answer.code, _kept(answer.text), during=phase, wait=_wait(delivery))


def _interrupted(delivery: Delivery, token: uuid.UUID, error: Exception, phase: str) -> None:
    reason = type(error).__name__
    if phase == Delivery.State.IN_DATA:
        delivery.mark_unknown(token, reason)
    else:
        delivery.put_back(token, None, reason, during=phase, wait=_wait(delivery))


def _wait(delivery: Delivery) -> timedelta:
    """Twice as long each time, up to an hour."""
    return min(FIRST_WAIT * 2 ** min(delivery.attempts, 10), LONGEST_WAIT)


def _kept(text: str) -> str:
    """A server's words, bounded, on one line and without the address that servers like to repeat."""
    return masked(" ".join(text.split()))[:500]
