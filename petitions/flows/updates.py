"""Telling followers and the public what happened: written, tried out, scheduled, posted once.

Whoever schedules or posts holds the letter's row, so that a week's updates are counted one after the other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from petitions.flows import audit, deliveries, pace
from petitions.models import Delivery, Letter, Update
from petitions.models.updates import UpdateQuerySet

TRIALS = 20  # mails to organizers themselves, of one letter in a day
A_DAY = timedelta(days=1)


class AlreadyPosted(Exception):
    """Everybody can read it, so nothing of it changes any more; or it was discarded."""


class Rewritten(Exception):
    """Somebody else saved other words since they were read."""


class TooMany(Exception):
    """The week is full; `next_free` says when the next one may go."""

    def __init__(self, next_free: datetime) -> None:
        super().__init__(next_free)
        self.next_free = next_free


class TriedTooOften(Exception):
    """Enough test mails for a day."""


@transaction.atomic
def write(letter: Letter, *, title: str, text: str, by: User) -> Update:
    """Keep a draft. Nobody but organizers sees it."""
    update = letter.updates.create(title=title, text=text, posted_at=None)
    audit.record("update_written", letter=letter, by=by, about=update.pk)
    return update


@transaction.atomic
def rewrite(update: Update, *, revision: int, title: str, text: str, by: User) -> None:
    """Other words, also while it is scheduled. Raises `AlreadyPosted`, `Rewritten`."""
    _change(update, revision=revision, title=title, text=text)
    audit.record("update_rewritten", letter=update.letter, by=by, about=update.pk)


@transaction.atomic
def schedule(update: Update, *, at: datetime, by: User) -> None:
    """Let it post itself then. Raises `AlreadyPosted`, `TooMany`."""
    update.letter.hold_row()
    _refuse_too_many(update, at)
    if not _unposted(update).update(scheduled_at=at):
        raise AlreadyPosted
    audit.record("update_scheduled", letter=update.letter, by=by, about=update.pk)


@transaction.atomic
def unschedule(update: Update, *, by: User) -> bool:
    """A draft again. False when it was none any more, or never scheduled."""
    if not _unposted(update).scheduled().update(scheduled_at=None):
        return False
    audit.record("update_unscheduled", letter=update.letter, by=by, about=update.pk)
    return True


@transaction.atomic
def discard(update: Update, *, by: User) -> None:
    """Gone with its test mails. Raises `AlreadyPosted`."""
    if not _unposted(update).update(scheduled_at=None):
        raise AlreadyPosted
    update.deliveries.filter(kind=Delivery.Kind.TRIAL).delete()
    _unposted(update).delete()
    audit.record("update_discarded", letter=update.letter, by=by, about=update.pk)


@transaction.atomic
def try_out(update: Update, *, by: User) -> None:
    """A mail to this organizer as followers would get it; two presses at once are one. Raises `TriedTooOften`."""
    trials = update.letter.deliveries.filter(kind=Delivery.Kind.TRIAL)
    if trials.filter(created_at__gt=Now() - A_DAY).count() >= TRIALS:
        raise TriedTooOften
    key = f"trial:{update.pk}:{trials.filter(update_told=update).count() + 1}"
    deliveries.enqueue(
        update.letter, Delivery.Kind.TRIAL, key=key, reader="user", ids=[by.pk], update_told=update
    )
    audit.record("update_tried", letter=update.letter, by=by, about=update.pk)


@transaction.atomic
def post(update: Update, *, revision: int, by: User) -> None:
    """Publish what was read and send it to every follower. Raises `AlreadyPosted`, `Rewritten`, `TooMany`."""
    update.letter.hold_row()
    _refuse_too_many(update, timezone.now())
    _change(update, revision=revision, posted_at=Now())
    _tell(update, by=by)


def post_due(letter: Letter) -> None:
    """What the clock brings. Harmless to repeat and to run twice at once."""
    for update in letter.updates.due().order_by("scheduled_at", "pk"):
        _post_due(update)


@transaction.atomic
def _post_due(update: Update) -> None:
    """One that is late after others stays scheduled until the week has room."""
    update.letter.hold_row()
    posted = update.letter.updates.posted().values_list("posted_at", flat=True)
    if not pace.is_free(timezone.now(), filter(None, posted)):
        return
    if _unposted(update).filter(scheduled_at__lte=Now()).update(posted_at=Now()):
        _tell(update, by=None)


def moments(letter: Letter, *, but: Update | None = None) -> list[datetime]:
    """When each was posted or will be."""
    others = [update for update in letter.updates.all() if update != but]
    known = [update.posted_at or update.scheduled_at for update in others]
    return [moment for moment in known if moment]


def _refuse_too_many(update: Update, at: datetime) -> None:
    taken = moments(update.letter, but=update)
    if not pace.is_free(at, taken):
        raise TooMany(pace.next_free(at, taken))


def _change(update: Update, *, revision: int, **values: object) -> None:
    """One conditional update: of two who change the same words, the second is told."""
    if not _unposted(update).filter(revision=revision).update(revision=F("revision") + 1, **values):
        raise Rewritten if _unposted(update).exists() else AlreadyPosted


def _tell(update: Update, *, by: User | None) -> None:
    key = f"update:{update.pk}"
    deliveries.tell_followers(update.letter, Delivery.Kind.UPDATE, key=key, update_told=update)
    audit.record("update_posted", letter=update.letter, by=by, about=update.pk)


def _unposted(update: Update) -> UpdateQuerySet:
    return Update.objects.unposted().filter(pk=update.pk)
