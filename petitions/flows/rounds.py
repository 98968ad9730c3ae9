"""A round: what one sender brings to many followers over one connection, one mail after the other.

Claimed together, a few at first and more while all goes well; each is let out, handed over and written down by
itself, as `sending` does it. Letters to recipients and alerts have a connection and a claim of their own.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from functools import partial

from petitions import mail, mailserver
from petitions.circulars import WORDS_OF, Circular, same_words
from petitions.flows import restores, sending
from petitions.models import Delivery
from petitions.models.rounds import RoundLease, Yes
from petitions.smtp import KeptConversation

SECONDS = 5  # after which no other mail is begun: behind a slow server a letter must not wait for many rounds
MOST = 50  # that are claimed together
GROWTH = 10  # times as many as before, while all goes well
OWN = (*WORDS_OF, "message_id", "attempts", *(f"subscription__{each}" for each in ("letter_id", "sealed")))
READ = ("letter", "subscription", "milestone", "update_told", "version", "publication")


def bring(pks: Sequence[int]) -> None:
    """Ringing twice does no harm. What is not brought in time is rung for in the next sweep."""
    if not restores.is_own_database():
        return
    round_ = Round()
    try:
        round_.bring(pks)
    finally:
        round_.end()


class Round:
    def __init__(self) -> None:
        self.conversation = KeptConversation(seconds=mailserver.CONVERSATION_SECONDS)
        self._ends = time.monotonic() + SECONDS
        self._is_cut_off = False
        self._token = uuid.uuid4()
        self._yes: Yes | None = None  # to the mail before, which is kept when the next one is let out
        self._circulars: dict[tuple[object, ...], Circular] = {}

    @property
    def is_over(self) -> bool:
        return self._is_cut_off or time.monotonic() >= self._ends

    def bring(self, pks: Sequence[int]) -> None:
        at, size = 0, 1
        while at < len(pks) and not self.is_over:
            self._bring_some(pks[at : at + size])
            at, size = at + size, min(GROWTH * size, MOST)
        if not self._is_cut_off:  # behind a dead server they wait until they are rung for again by themselves
            Delivery.objects.filter(pk__in=pks[at:], state=Delivery.State.QUEUED).update(rung_at=None)

    def end(self) -> None:
        try:
            if self._yes:
                self._yes.keep()
        finally:
            self.conversation.close()

    def _bring_some(self, pks: Sequence[int]) -> None:
        leases = RoundLease.take_all(pks, self._token)
        rows = (
            Delivery.objects.select_related("subscription")
            .only(*OWN)
            .in_bulk([lease.delivery for lease in leases])
        )
        try:
            while leases and not self.is_over:
                lease = leases.pop(0)
                if lease.delivery in rows:
                    self._bring_one(rows[lease.delivery], lease)
        finally:
            for lease in leases:
                lease.put_back(None, "", during=Delivery.State.LEASED, wait=sending.AT_ONCE)

    def _bring_one(self, delivery: Delivery, lease: RoundLease) -> None:
        try:
            circular = self._circular(delivery)
            address, body = circular.to(delivery)
        except mail.Obsolete:
            lease.cancel()
        except Exception as error:
            sending.interrupted(delivery, lease, error, Delivery.State.LEASED)
            raise
        else:
            let_out, accept = partial(self._let_out, lease), partial(self._accept, lease)
            with sending.written_down(delivery, lease, let_out, accept) as step:
                conversation = self.conversation.offer(circular.envelope_sender, address)
                step.hand_over(conversation, body)
            self._is_cut_off = step.is_cut_off

    def _circular(self, delivery: Delivery) -> Circular:
        words = same_words(delivery)
        if words not in self._circulars:
            whole = Delivery.objects.select_related(*READ).filter(pk=delivery.pk).first()
            if whole is None:  # its follower has left just now
                raise mail.Obsolete
            self._circulars[words] = Circular.of(whole)
        return self._circulars[words]

    def _let_out(self, lease: RoundLease) -> None:
        """As `sending` does it, in one statement; a follower's mail has no snapshot that could change."""
        epochs = restores.remembered()
        is_let_out = bool(epochs) and lease.let_out(epochs, after=self._yes)
        if epochs:
            self._yes = None
        if not is_let_out:
            raise sending.Withheld

    def _accept(self, lease: RoundLease, code: int, text: str) -> None:
        """Kept with the next step. Whoever is killed before leaves it unknown, as a moment earlier."""
        self._yes = Yes(lease, code, text)
