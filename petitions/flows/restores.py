"""The guard against restored databases: nothing leaves that an older copy only believes to be unsent.

Each database carries an epoch, and `KEYS_DIR`, which no backup holds, remembers it. The epoch is turned before mails
leave, every few seconds while they do, and with each backup. A database whose epoch is not remembered is a copy from
before, or came from elsewhere: whatever it has not sent is held until an operator releases it.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from petitions import erasures as noted
from petitions import holding
from petitions.crypto import files
from petitions.flows import audit, batches, erasures, jobs, letters, milestones, strangers
from petitions.holding import Held
from petitions.models import Attempt, Delivery, Installation, Letter, Update

REMEMBERED = "epoch"  # the file below `KEYS_DIR`: one epoch a line, two while one is being turned


def is_own_database() -> bool:
    """Whether this is the database that this installation ran with; if not, all that is unsent is held now."""
    return is_remembered() or turn()


def is_remembered() -> bool:
    """The same without holding anything. Also false, rarely, while another process turns: ask again."""
    epoch = Installation.objects.values_list("epoch", flat=True).first()
    return str(epoch) in remembered()


def turn() -> bool:
    """A new epoch: every copy made before is told apart. False when this was such a copy: then everything is held.

    Both epochs are remembered until the new one is committed, so whoever is killed here leaves no stranger behind.
    """
    with transaction.atomic():
        installation = _alone()
        is_ours = _is_ours(installation)
        if is_ours:
            _begin(uuid.uuid4(), after=[installation.epoch])
        else:
            _hold()
    with transaction.atomic():
        installation = _alone()
        if _is_ours(installation):  # otherwise it was replaced just now
            _remember(installation.epoch)
    return is_ours


def turn_for_sending(*, is_anything_due: bool) -> bool:
    """Before mails leave, after some have left, and when a turn was cut short. False when everything is held."""
    turned_at = Installation.objects.values("turned_at")
    have_left = Delivery.objects.filter(body_started_at__gte=turned_at)
    if is_anything_due or len(remembered()) > 1 or have_left.exists():
        return turn()
    return True


@transaction.atomic
def hold() -> None:
    """Hold all that is unsent: this database was restored."""
    _alone()
    _hold()


@transaction.atomic
def show_pages() -> None:
    """An operator has looked. Harmless to repeat."""
    if holding.what():
        audit.record("pages_shown", letter=None)
        transaction.on_commit(partial(holding.show, *Held))


@transaction.atomic
def release(letter: Letter, *, by: User) -> int:
    """An operator lets out what was held of a letter; how many it is."""
    held = letter.deliveries.filter(state=Delivery.State.HELD)
    if held.filter(hold_reason=Delivery.Hold.FIRST).exists():
        strangers.trust(letter)
    queued = {"state": Delivery.State.QUEUED, "hold_reason": "", "not_before": Now(), "waiting_since": Now()}
    released = held.update(rung_at=None, **queued)
    if released:
        audit.record("held_released", letter=letter, by=by, about=released)
    return released


def _hold() -> None:
    _erase_again()
    _catch_up()
    _unschedule()
    number = _hold_unsent()
    if number:
        audit.record("held_after_restore", letter=None, about=number)
    _begin(uuid.uuid4())


def _erase_again() -> None:
    """Pages are shown when all that was erased since is erased again. Otherwise an operator has to say so."""
    erasures.replay()
    installation = Installation.objects.get(pk=Installation.ONLY)
    if installation.erasures != noted.identity() or not noted.reach(installation.turned_at):
        holding.hold(Held.PUBLIC)
    transaction.on_commit(partial(holding.show, Held.EVERYTHING))


def _catch_up() -> None:
    """What the clock has brought since the copy was made was told to people then; its notices are held as well.

    A letter that was closed since is closed again: without its key a mailbox could count twice.
    """
    with contextlib.suppress(jobs.SomeFailed):  # what is wrong with one letter must not let mails leave
        letters.close_overdue()
        jobs.for_each(Letter.objects.filter(state=Letter.State.OPEN), _catch_up_with)


def _catch_up_with(letter: Letter) -> None:
    with transaction.atomic():
        if letters.is_closed_by_its_keys(letter):
            with contextlib.suppress(letters.NotOpen):
                letters.close(letter)
                audit.record("closed_again", letter=letter)
        else:
            batches.publish_full(letter)
            milestones.check(letter)


def _unschedule() -> None:
    """Updates whose moment has come since may have been posted then: a person looks first."""
    number = Update.objects.scheduled().update(scheduled_at=None)
    if number:
        audit.record("unscheduled_after_restore", letter=None, about=number)


def _hold_unsent() -> int:
    """How many. A sender that is at it finds its lease gone; what was being handed over becomes unknown in the sweep.

    An alert without an answer would be sent again by itself, so it is held too.
    """
    state = Delivery.State
    waiting = Q(state__in=[state.QUEUED, state.LEASED])
    repeated = Q(state__in=[state.IN_DATA, state.UNKNOWN], kind__in=Delivery.REPEATED)
    held = {"state": state.HELD, "hold_reason": Delivery.Hold.RESTORED, "body_started_at": None}
    number = Delivery.objects.filter(waiting | repeated).update(lease_token=None, lease_until=None, **held)
    begun = Attempt.objects.filter(delivery__state=state.HELD, ended_at=None)
    begun.update(ended_at=Now(), outcome=state.HELD)
    return number


def _alone() -> Installation:
    """The row, locked until commit, made by the first who asks."""
    return Installation.objects.select_for_update().get_or_create(pk=Installation.ONLY)[0]


def _is_ours(installation: Installation) -> bool:
    """Remembered here, or neither side has ever had an epoch: the first start, of a new or an upgraded database."""
    known = remembered()
    is_first_start = installation.epoch == Installation.NO_EPOCH and not known
    return is_first_start or str(installation.epoch) in known


def _begin(epoch: uuid.UUID, *, after: Iterable[uuid.UUID] = ()) -> None:
    _remember(*after, epoch)
    Installation.objects.filter(pk=Installation.ONLY).update(
        epoch=epoch, turned_at=Now(), erasures=noted.identity()
    )


def remembered() -> list[str]:
    """The epochs of the database that this installation ran with."""
    try:
        return (settings.KEYS_DIR / REMEMBERED).read_text().split()
    except FileNotFoundError:
        return []


def _remember(*epochs: uuid.UUID) -> None:
    """Before anything is committed."""
    settings.KEYS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.replace(settings.KEYS_DIR / REMEMBERED, "\n".join(map(str, epochs)).encode())
