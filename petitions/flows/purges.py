"""The retention rules: what goes when. A rule is the rows whose time has come and what becomes of them.

What was done is due no more, so that keeping the rules twice, or again after a crash, does nothing twice. Counts,
versions, checksums of snapshots, tokens and recipients' answers stay.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import SignInLink, User
from petitions import erasures
from petitions.crypto import keys
from petitions.erasures import Kind
from petitions.flows import audit, letters
from petitions.flows.signatures import NO_WORDS
from petitions.models import (
    Attempt,
    AuditEvent,
    Challenge,
    Delivery,
    HandOver,
    Invitation,
    Letter,
    Mark,
    OrganizerInvitation,
    PaperSignature,
    Purge,
    Recipient,
    Report,
    ResponseDraft,
    Signature,
    Snapshot,
    Subscription,
    Takedown,
    WaitingSignature,
    journal,
)
from petitions.models.letters import LetterQuerySet

SLICE = 500  # rows in a transaction
PAUSE = 0.02  # seconds between two, so that people can sign meanwhile
TEN = 10
IN_TENS = ("receipts", "marks", "followers", "drafts")  # numbers that a single quiet person would move


@dataclass(frozen=True)
class Rule:
    """`due` is read again for each slice; without `changes` its rows are deleted."""

    due: QuerySet[Any]
    changes: Mapping[str, object] | None = None

    def keep(self) -> int:
        """How many rows it was."""
        done = kept = self._keep_slice()
        while kept == SLICE:
            time.sleep(PAUSE)
            kept = self._keep_slice()
            done += kept
        return done

    @transaction.atomic
    def _keep_slice(self) -> int:
        slice_ = list(self.due.order_by("pk").values_list("pk", flat=True)[:SLICE])
        rows = self.due.model._default_manager.filter(pk__in=slice_)
        if self.changes is None:
            rows.delete()
        else:
            rows.update(**self.changes)
        return len(slice_)


@dataclass(frozen=True)
class OldestEvents(Rule):
    """Their chain has to hold without them."""

    def _keep_slice(self) -> int:
        return audit.forget(SLICE)


def rules() -> dict[str, Rule]:
    """Each by the name under which its number is told."""
    return of_the_site() | of_letters(forgotten())


def of_the_site() -> dict[str, Rule]:
    return {
        "codes": Rule(Challenge.objects.stale()),
        "sign-in links": Rule(SignInLink.objects.stale()),
        "invitations to organize": Rule(OrganizerInvitation.objects.stale()),
        "accounts nobody came to": Rule(User.objects.never_used(OrganizerInvitation.LIFETIME)),
        "sessions": Rule(Session.objects.filter(expire_date__lt=Now())),
        "attempts": Rule(Attempt.objects.stale()),
        "events": OldestEvents(AuditEvent.objects.stale()),
    }


def of_letters(over: LetterQuerySet) -> dict[str, Rule]:
    """Those that begin when a letter has been closed for long."""
    return {
        "signatures": Rule(
            Signature.objects.filter(letter__in=over).to_forget(), {**NO_WORDS, "receipt_hash": None}
        ),
        "names on paper": Rule(
            PaperSignature.objects.filter(paper__letter__in=over).exclude(name="", role=""),
            {"name": "", "role": ""},
        ),
        "takedown requests": Rule(Takedown.objects.filter(letter__in=over)),
        "reports": Rule(Report.objects.filter(letter__in=over)),
        "lists": Rule(
            Snapshot.objects.filter(letter__in=over, names__isnull=False), {"names": None, "is_settled": True}
        ),
        "followers": Rule(Subscription.objects.filter(letter__in=over)),
        "drafts of answers": Rule(ResponseDraft.objects.filter(recipient__letter__in=over)),
        "recipients' addresses": Rule(
            Recipient.objects.filter(letter__in=over).exclude(address=""), {"address": ""}
        ),
        "answers of mail servers": Rule(
            Delivery.objects.filter(letter__in=over).exclude(smtp_text=""), {"smtp_text": ""}
        ),
        "notes of hand-overs": Rule(HandOver.objects.filter(letter__in=over).exclude(note=""), {"note": ""}),
        "attempts of old letters": Rule(Attempt.objects.filter(delivery__letter__in=over)),
        "left marks": Rule(Mark.objects.filter(letter__in=over)),
        "left invitations": Rule(Invitation.objects.filter(letter__in=over)),
    }


def forgotten() -> LetterQuerySet:
    """Letters closed for so long that nobody is remembered any more."""
    return Letter.objects.closed_for(timedelta(days=settings.RETENTION_DAYS))


def due() -> dict[str, int]:
    """How many rows each rule would take now; nothing is changed."""
    return {name: rule.due.count() for name, rule in rules().items()}


def keep() -> dict[str, int]:
    """Keep every rule, and write down when, how much went, and what is left."""
    kept = rules()
    erasures.note(Kind.PURGED, *forgotten().values_list("public_id", flat=True))
    done = {name: rule.keep() for name, rule in kept.items()}
    for letter in forgotten():
        keys.destroy(settings.KEYS_DIR, letter.key_name(letters.FOLLOWERS))
    _write_down(done)
    erasures.prune()
    journal.empty(rule.due.model for rule in kept.values())
    return done


def forget(over: LetterQuerySet) -> int:
    """The same for letters that had been forgotten before; how many rows it was."""
    return sum(rule.keep() for rule in of_letters(over).values())


@transaction.atomic
def _write_down(done: dict[str, int]) -> None:
    for name, number in done.items():
        if number:
            audit.record("purged", letter=None, about=f"{number} {name}")
    Purge.objects.update_or_create(pk=Purge.ONLY, defaults={"ran_at": Now(), "left": left()})


def left() -> dict[str, int]:
    """How many rows concern a person."""
    nameless = Signature.objects.to_forget().filter(name="", role="")
    numbers = {
        "names": Signature.objects.exclude(name="", role="").count(),
        "papers": PaperSignature.objects.exclude(name="", role="").count(),
        "receipts": WaitingSignature.objects.count() + nameless.count(),
        "marks": Mark.objects.count(),
        "followers": Subscription.objects.count(),
        "takedowns": Takedown.objects.filter(decided_at=None).count(),
        "reports": Report.objects.count(),
        "recipients": Recipient.objects.exclude(address="").count(),
        "drafts": ResponseDraft.objects.count(),
        "lists": Snapshot.objects.filter(names__isnull=False).count(),
        "attempts": Attempt.objects.count(),
        "accounts": User.objects.count(),
        "events": AuditEvent.objects.count(),
    }
    return numbers | {name: numbers[name] // TEN * TEN for name in IN_TENS}
