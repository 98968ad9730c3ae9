"""Sending one delivery: claim it, render it, hand it over, and write down what the mail server said."""

from __future__ import annotations

import contextlib
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction

from config.masking import masked
from petitions import mail
from petitions.flows import restores
from petitions.models import Delivery, Lease
from petitions.smtp import Answered, Conversation
from petitions.wire import Message

FIRST_WAIT = timedelta(seconds=20)
LONGEST_WAIT = timedelta(hours=1)
AT_ONCE = timedelta(0)


class Withheld(Exception):
    """It changed, was cancelled or paused between rendering and handing over: nothing was given away."""


def send(pk: int) -> None:
    """Claim the row and try once. Ringing twice does no harm: only one caller gets the lease."""
    if not restores.is_own_database():
        return
    lease = Lease.take(pk)
    if lease is None:
        return
    everything = ("letter", "recipient", "user", "subscription", "organizer_invitation", "snapshot")
    delivery = Delivery.objects.select_related(*everything).get(pk=pk)
    try:
        message = mail.compose(delivery)
        body = message.as_email().as_bytes()
    except mail.Obsolete:
        lease.cancel()
    except mail.NotYet:
        lease.put_back(None, "", during=Delivery.State.LEASED, wait=AT_ONCE)
    except Exception as error:
        interrupted(delivery, lease, error, Delivery.State.LEASED)
        raise
    else:
        _converse(delivery, lease, message, body)


def _converse(delivery: Delivery, lease: Lease, message: Message, body: bytes) -> None:
    let_out = partial(_let_out, delivery, lease)
    with written_down(delivery, lease, let_out) as step, Conversation() as conversation:
        conversation.offer(message.envelope_sender, message.to)
        step.hand_over(conversation, body)


@dataclass
class Step:
    """How far a mail has come."""

    let_out: Callable[[], None]
    accept: Callable[[int, str], object]
    phase: str = Delivery.State.LEASED
    is_cut_off: bool = False  # there was no answer, so that the next mail would get none either

    def hand_over(self, conversation: Conversation, body: bytes) -> None:
        """Nothing is given away before `in_data` is committed; after it only the server's answer moves the row."""
        self.let_out()
        self.phase = Delivery.State.IN_DATA
        code, text = conversation.hand_over(body)
        self.accept(code, _kept(text))
        self.phase = Delivery.State.ACCEPTED


@contextlib.contextmanager
def written_down(
    delivery: Delivery,
    lease: Lease,
    let_out: Callable[[], None],
    accept: Callable[[int, str], object] | None = None,
) -> Iterator[Step]:
    """Whatever ends it early is what the row says then. `let_out` commits `in_data`, or raises `Withheld`.

    `accept` keeps the server's yes, where the lease does not do it at once.
    """
    step = Step(let_out, accept or lease.accept)
    try:
        yield step
    except Withheld:
        lease.put_back(None, "", during=step.phase, wait=AT_ONCE)
    except Answered as answer:
        _answered(delivery, lease, answer, step.phase)
    except (OSError, UnicodeError, smtplib.SMTPException) as error:
        step.is_cut_off = not isinstance(error, UnicodeError)
        interrupted(delivery, lease, error, step.phase)


@transaction.atomic
def _let_out(delivery: Delivery, lease: Lease) -> None:
    """Commit `in_data` while everything still stands as it was rendered. Raises `Withheld`."""
    if not lease.start_body():
        raise Withheld
    if delivery.snapshot and not delivery.snapshot.let_out():
        raise Withheld
    if not restores.is_remembered():  # the database was replaced by an older one since the claim
        raise Withheld


def _answered(delivery: Delivery, lease: Lease, answer: Answered, phase: str) -> None:
    if answer.is_final:
        lease.refuse(answer.code, _kept(answer.text), during=phase)
    else:
        lease.put_back(answer.code, _kept(answer.text), during=phase, wait=_wait(delivery))


def interrupted(delivery: Delivery, lease: Lease, error: Exception, phase: str) -> None:
    reason = type(error).__name__
    if phase == Delivery.State.IN_DATA:
        lease.lose(reason)
    else:
        lease.put_back(None, reason, during=phase, wait=_wait(delivery))


def _wait(delivery: Delivery) -> timedelta:
    """Twice as long each time, up to an hour."""
    return min(FIRST_WAIT * 2 ** min(delivery.attempts, 10), LONGEST_WAIT)


def _kept(text: str) -> str:
    """A server's words, bounded, on one line and without the address that servers like to repeat."""
    return masked(" ".join(text.split()))[:500]
