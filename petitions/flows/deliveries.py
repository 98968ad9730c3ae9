"""The outbox: rows written in the transaction that causes them, cancelled, and decided upon."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Now

from accounts.models import User
from petitions.flows import audit, recipients, snapshots, strangers
from petitions.models import Attempt, Delivery, Letter, Recipient, Snapshot
from petitions.models.deliveries import DeliveryQuerySet

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)


class NotPublished(Exception):
    """A draft has no version that could be delivered."""


class NobodyToDeliverTo(Exception):
    """Every recipient has opted out or was forgotten, or there is none."""


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


def tell_operators(letter: Letter, kind: str, *, key: str) -> None:
    operators = User.objects.filter(is_superuser=True, is_active=True).values_list("pk", flat=True)
    enqueue(letter, kind, key=key, reader="user", ids=operators)


def tell_followers(letter: Letter, kind: str, *, key: str, **about: object) -> None:
    """Locked until commit: whoever unsubscribes meanwhile waits, and takes the notice along."""
    locked = letter.subscriptions.select_for_update(no_key=True)
    followers = locked.order_by("pk").values_list("pk", flat=True)  # not as they came
    enqueue(letter, kind, key=key, reader="subscription", ids=followers, **about)


def tell_recipients(letter: Letter, kind: str, *, key: str, **about: object) -> None:
    """Those who have got the letter, a day after our last mail to them. What waits until then is replaced.

    Locked until commit, so that of two notices written at this moment one replaces the other.
    """
    got_it = letter.deliveries.letters().filter(state=Delivery.State.ACCEPTED).values("recipient")
    readers = letter.recipients.reachable().filter(pk__in=got_it)
    for recipient in readers.select_for_update(no_key=True).order_by("pk"):
        _forgo(recipient.deliveries.filter(kind=kind))
        last = recipient.deliveries.aggregate(last=Max("body_started_at"))["last"]
        when = {"not_before": last + A_DAY, "waiting_since": last + A_DAY} if last else {}
        enqueue(letter, kind, key=key, reader="recipient", ids=[recipient.pk], **when, **about)


def _forgo(notices: DeliveryQuerySet) -> None:
    """An older number is of no use to anybody once there is a newer one."""
    for pk in notices.unsent().values_list("pk", flat=True):
        _take_away(pk)
    notices.filter(state=Delivery.State.IN_DATA).update(is_unwanted=True)


@transaction.atomic
def deliver(letter: Letter, *, number: int, by: User, to: Collection[Recipient] | None = None) -> Snapshot:
    """One letter to each of these recipients, or to all, with the picture of this moment.

    The same number again delivers nothing more, and is refused when it names others.
    Raises `NotPublished`, `NobodyToDeliverTo`, `snapshots.NumberTaken`.
    """
    letter.hold_lock()  # whoever changes a signature at this moment is in the picture, or makes it anew
    if letter.is_draft:
        raise NotPublished
    recipients.respect(letter)
    ids = _chosen(letter, to)
    snapshot, is_new = snapshots.ask(letter, reason=Snapshot.Reason.DELIVERY, number=number)
    if is_new:
        _write_to(ids, snapshot, by=by)
    elif to is not None and set(ids) != set(snapshot.deliveries.values_list("recipient", flat=True)):
        raise snapshots.NumberTaken  # by somebody who delivered it to others meanwhile
    return snapshot


def _chosen(letter: Letter, to: Collection[Recipient] | None) -> list[int]:
    """Those of them, or of all, who take mail. Raises `NobodyToDeliverTo`."""
    chosen = Recipient.objects.reachable().filter(letter=letter)
    if to is not None:
        chosen = chosen.filter(pk__in=[recipient.pk for recipient in to])
    ids = list(chosen.values_list("pk", flat=True))
    if not ids:
        raise NobodyToDeliverTo
    return ids


def _write_to(ids: list[int], snapshot: Snapshot, *, by: User) -> None:
    """What goes to strangers for the first time is held in the same moment."""
    letter, key = snapshot.letter, f"letter:{snapshot.pk}"
    enqueue(letter, Delivery.Kind.LETTER, key=key, reader="recipient", ids=ids, snapshot=snapshot)
    audit.record("delivered", letter=letter, by=by, about=snapshot.number)
    if strangers.hold(snapshot, by=by):
        tell_operators(letter, Delivery.Kind.FIRST, key=f"first:{snapshot.pk}")


def cancel(delivery: Delivery, *, by: User) -> bool:
    """True when nothing of it had been given away; from then on nothing will be.

    One that is just being handed over is not tried again if the server refuses it.
    """
    return bool(_cancel(Delivery.objects.filter(pk=delivery.pk), letter=delivery.letter, by=by))


def cancel_rest(snapshot: Snapshot, *, by: User) -> list[Delivery]:
    """Stop the mails of this delivering that have not left. Those that were stopped; no other one was."""
    stopped = _cancel(snapshot.deliveries.all(), letter=snapshot.letter, by=by)
    return list(Delivery.objects.filter(pk__in=stopped).select_related("recipient"))


def cancel_held(letter: Letter, *, by: User) -> int:
    """An operator keeps back what a restored database believes unsent; how many it is."""
    return len(_cancel(letter.deliveries.filter(state=Delivery.State.HELD), letter=letter, by=by))


@transaction.atomic
def _cancel(rows: DeliveryQuerySet, *, letter: Letter, by: User) -> list[int]:
    """Row by row, because each race with a sender is won or lost by itself."""
    stopped = [pk for pk in rows.unsent().values_list("pk", flat=True) if _take_away(pk)]
    rows.filter(state=Delivery.State.IN_DATA).update(is_unwanted=True)
    for pk in stopped:
        audit.record("delivery_cancelled", letter=letter, by=by, about=pk)
    return stopped


def _take_away(pk: int) -> bool:
    """From its sender too, who then finds that the lease is gone before the body goes out."""
    state = Delivery.State.CANCELLED
    gone = {"state": state, "lease_token": None, "lease_until": None, "hold_reason": "", "finished_at": Now()}
    if not Delivery.objects.unsent().filter(pk=pk).update(**gone):
        return False
    Attempt.objects.filter(delivery=pk, ended_at=None).update(ended_at=Now(), outcome=state)
    return True


def count_as_sent(delivery: Delivery, *, by: User) -> bool:
    """An organizer takes it for arrived. True for the one who decided."""
    return _decide(delivery, Delivery.Decision.SENT, by, state=Delivery.State.ACCEPTED, finished_at=Now())


def send_again(delivery: Delivery, *, by: User) -> bool:
    """An organizer accepts that a second copy may arrive; it bears the same Message-ID."""
    again = {
        "not_before": Now(),
        "waiting_since": Now(),
        "is_unwanted": False,
        "rung_at": None,
        "body_started_at": None,
    }
    return _decide(delivery, Delivery.Decision.AGAIN, by, state=Delivery.State.QUEUED, **again)


@transaction.atomic
def _decide(delivery: Delivery, decision: str, by: User, **moved: object) -> bool:
    undecided = Delivery.objects.undecided().filter(pk=delivery.pk)
    if not undecided.update(decision=decision, decided_at=Now(), decided_by=by, **moved):
        return False
    audit.record(f"unknown_{decision}", letter=delivery.letter, by=by, about=delivery.pk)
    return True


def repeat_alerts() -> None:
    """What an organizer must not miss is sent again when nobody knows whether it arrived."""
    lost = Delivery.objects.to_repeat()
    lost.update(state=Delivery.State.QUEUED, body_started_at=None, rung_at=None)


def tell_of_mismatch(letter: Letter, *, day: date) -> None:
    """Operators and organizers, once a day, that a shown number is not what the rows say."""
    operators = Q(is_superuser=True, is_active=True)
    readers = User.objects.filter(operators | Q(memberships__letter=letter)).distinct()
    key = f"mismatch:{letter.pk}:{day}"
    enqueue(letter, Delivery.Kind.MISMATCH, key=key, reader="user", ids=readers.values_list("pk", flat=True))


def tell_of_trouble() -> None:
    """Each organizer once of each kind of trouble that a delivering has; the panel says the same at once."""
    letters = Delivery.objects.letters()
    troubles = {
        "unknown": letters.undecided(),
        "refused": letters.refused_lately(),
        "late": letters.late(),
    }
    for what, rows in troubles.items():
        for snapshot in Snapshot.objects.filter(pk__in=rows.values("snapshot")).select_related("letter"):
            _tell_of(snapshot, what, rows.filter(snapshot=snapshot))


def _tell_of(snapshot: Snapshot, what: str, rows: DeliveryQuerySet) -> None:
    """Once while mails wait, and for everything else once for the newest, at most once an hour."""
    key = f"trouble:{snapshot.pk}:{what}:"
    told = snapshot.letter.deliveries.filter(kind=Delivery.Kind.TROUBLE, key__startswith=key)
    if told.filter(created_at__gt=Now() - AN_HOUR).exists():
        return
    newest = rows.order_by("-body_started_at", "-pk").first()
    which = f"{newest.pk}.{newest.attempts}" if newest and what != "late" else ""
    tell_organizers(snapshot.letter, Delivery.Kind.TROUBLE, key=key + which)
