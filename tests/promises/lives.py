"""A letter's life in steps of chance; after each, the product's count is compared with our own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, nullcontext

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from petitions import counts, mail, tasks
from petitions.flows import deliveries, letters, proofs, receipts, signatures, snapshots, takedowns
from petitions.flows.signatures import AlreadySigned, LetterNotOpen, Shown
from petitions.models import Appear, Delivery, Snapshot
from tests.factories import make_letter, signature_of
from tests.promises.reckoning import BATCH, Person, Reckoning

PAGE = re.compile(r"<data value=\"\d+\">([\d,]+)</data></strong> signature")
MAIL = re.compile(r"\b([\d,]+) signatures?[:,]")
NAMED = st.sampled_from(
    [
        Shown(Appear.FULL, "Ada Lovelace", "Engineer"),
        Shown(Appear.INITIAL, "Ada L."),
        Shown(Appear.ROLE, "", "Engineer"),
        Shown(Appear.FULL, "\u0410da Lovelace"),  # mixes scripts: it counts while its name is under review
    ]
)
ANONYMOUS = st.just(Shown(Appear.ANONYMOUS))


class Life(RuleBasedStateMachine):
    """Each runs in a transaction of its own, which is rolled back at its end."""

    people = Bundle("people")
    done: Counter[str] = Counter()  # in all lives together

    def __init__(self) -> None:
        super().__init__()
        cache.clear()
        self.undone = ExitStack()
        self.undone.enter_context(transaction.atomic())
        self.undone.callback(transaction.set_rollback, True)
        self.letter = make_letter(batch_size=BATCH)
        self.owner = self.letter.memberships.get().user
        self.ours, self.before, self.age, self.sent = Reckoning(), 0, 0, dict[int, int]()
        self.done["runs"] += 1

    # --- What people do

    @initialize(target=people, named=st.integers(1, 5), anonymous=st.integers(3, 7), youth=st.integers(0, 45))
    def begin(self, named: int, anonymous: int, youth: int):
        """So many have signed before anything else happens, and so many steps pass before it may close."""
        self.youth = youth
        shown = [Shown(Appear.FULL, "Grace Hopper")] * named + [Shown(Appear.ANONYMOUS)] * anonymous
        return multiple(*map(self.signed, shown))

    @rule(target=people, shown=NAMED | ANONYMOUS)
    def sign(self, shown: Shown):
        person = self.signed(shown)
        return person if person in self.ours.everybody else multiple()

    def signed(self, shown: Shown) -> Person:
        person = Person(f"person{len(self.ours.everybody)}", _place(shown))
        refusal = None if self.ours.sign(person) else LetterNotOpen
        person.receipt = self.request(person.mailbox, shown, refusal)
        self.done["signed"] += not refusal
        return person

    @rule(person=people, shown=NAMED | ANONYMOUS)
    def sign_again(self, person: Person, shown: Shown) -> None:
        refusal = AlreadySigned if self.ours.is_open else LetterNotOpen
        self.request(f"{person.mailbox.upper()}+again", shown, refusal)

    def request(self, mailbox: str, shown: Shown, refusal: type[Exception] | None) -> str:
        address = f"{mailbox}@example.test"
        pending, code = proofs.challenge(self.letter, purpose="sign", address=address, **vars(shown))
        _done(refusal, signatures.sign, self.letter, pending, code)
        return pending.receipt

    @rule(person=people, shown=NAMED)
    def show(self, person: Person, shown: Shown) -> None:
        """Correct a line, reveal a name, or return with one."""
        _done(None if self.ours.show(person) else LetterNotOpen, receipts.change, person.receipt, shown)

    @rule(person=people)
    def hide(self, person: Person) -> None:
        self.ours.hide(person)
        receipts.change(person.receipt, Shown(Appear.ANONYMOUS))

    @rule(person=people)
    def withdraw(self, person: Person) -> None:
        self.ours.withdraw(person)
        receipts.withdraw(person.receipt)

    @rule(person=people, shown=NAMED | ANONYMOUS)
    def come_back(self, person: Person, shown: Shown) -> None:
        refusal = None if self.ours.come_back(person, _place(shown)) else LetterNotOpen
        _done(refusal, receipts.come_back, person.receipt, shown)

    # --- What organizers and the clock do

    @rule(person=people)
    def take_down(self, person: Person) -> None:
        if person.place == "named":
            self.ours.hide(person)
            takedowns.ask(signature_of(person.receipt), reason="This is not me.")
            takedowns.grant(self.letter.takedowns.get(decided_at=None), by=self.owner)

    @rule()
    def publish(self) -> None:
        self.done["batches"] += self.ours.sweep()
        tasks.publish_batches()

    @precondition(lambda self: self.ours.is_open and self.age > self.youth)
    @rule()
    def close(self) -> None:
        self.ours.close()
        self.done["closings"] += 1
        letters.close(self.letter)

    @rule()
    def deliver(self) -> None:
        deliveries.deliver(self.letter, number=snapshots.next_number(self.letter), by=self.owner)

    @rule()
    def freeze(self) -> None:
        tasks.freeze_snapshots()

    @rule()
    def hand_over(self) -> None:
        """The first mail of each frozen picture goes out; from now on it stands."""
        for snapshot in self.letter.snapshots.frozen().filter(reason="delivery", first_body_at=None):
            assert snapshot.let_out()
            self.sent[snapshot.pk] = self.ours.total
            self.done["pictures_sent"] += 1

    # --- What is true after each step, and at the end

    @invariant()
    def the_shown_number_is_the_true_number(self) -> None:
        remembered = counts.shown(self.letter).total
        cache.clear()
        shown, tally = counts.shown(self.letter), counts.recount(self.letter)
        assert (shown, tally.total) == (tally, self.ours.total)
        assert (tally.named, tally.anonymous) == (self.ours.count("named"), self.ours.count("anonymous"))
        assert sum(day.signatures for day in counts.shown_days(self.letter)) == tally.total
        assert remembered in (self.before, self.ours.total)
        self.before, self.age = self.ours.total, self.age + 1
        self.done["steps"] += 1

    @invariant()
    def a_picture_says_the_number_of_its_moment(self) -> None:
        """Until its first mail is out, that is now."""
        for snapshot in self.letter.snapshots.exclude(count=None):
            is_closing = snapshot.reason == Snapshot.Reason.CLOSING
            moment = self.ours.at_closing if is_closing else self.sent.get(snapshot.pk, self.ours.total)
            assert snapshot.count["total"] == moment

    def teardown(self) -> None:
        with self.undone:
            self.deliver()
            self.freeze()
            page = Client().get(self.letter.get_absolute_url()).content.decode()
            numbers = [PAGE.search(page), *map(_told, self.newest_mails())]
            assert [int(found[1]) for found in numbers] == [self.ours.total] * (2 if self.ours.is_open else 3)
            assert self.letter.snapshots.latest().count["total"] == self.ours.total
            connection.check_constraints()

    def newest_mails(self) -> list[Delivery]:
        """The letter as it was just delivered to one recipient, and the closing notice."""
        newest = self.letter.snapshots.latest().deliveries.first()
        return [newest, *self.letter.deliveries.filter(kind=Delivery.Kind.CLOSING)]


def _place(shown: Shown) -> str:
    return "waiting" if shown.is_anonymous else "named"


def _told(delivery: Delivery) -> re.Match[str] | None:
    """The number in the mail's text."""
    return MAIL.search(" ".join(mail.compose(delivery).text.split()))


def _done(refusal: type[Exception] | None, act: Callable[..., object], *what: object) -> None:
    """Done, or refused as our own reckoning says."""
    with pytest.raises(refusal) if refusal else nullcontext():
        act(*what)
