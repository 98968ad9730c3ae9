"""The guard against restored databases: nothing leaves that an older copy only believes to be unsent.

Each database carries an epoch, and `KEYS_DIR`, which no backup holds, remembers it. While mails leave, the epoch is
turned every few seconds. A database whose epoch is not remembered is a copy from before, or came from elsewhere:
whatever it has not sent is held until an operator releases it.
"""

from __future__ import annotations

import os
import secrets
import uuid

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from petitions.crypto import keys
from petitions.flows import audit
from petitions.models import Attempt, Delivery, Installation, Letter

REMEMBERED = "epoch"  # the file below `KEYS_DIR`: one epoch a line, two while one is being turned


def is_own_database() -> bool:
    """Whether this is the database that this installation ran with; if not, all that is unsent is held now."""
    installation = Installation.objects.first()
    if installation and str(installation.epoch) in _remembered():
        return True
    return _look_again()


@transaction.atomic
def _look_again() -> bool:
    """Alone with the row: another process may have turned the epoch just now, or have held everything already."""
    installation, is_new = Installation.objects.select_for_update().get_or_create(pk=Installation.ONLY)
    remembered = _remembered()
    if str(installation.epoch) in remembered:
        return True
    is_first_start = is_new and not remembered
    if not is_first_start:
        _hold_unsent()
    _begin(installation)
    return is_first_start


@transaction.atomic
def hold() -> int:
    """Hold all that is unsent, as after a restore; how many it is."""
    installation, _is_new = Installation.objects.select_for_update().get_or_create(pk=Installation.ONLY)
    held = _hold_unsent()
    _begin(installation)
    return held


def turn() -> None:
    """A new epoch: every copy made before is told apart. Both are remembered until the new one is committed."""
    with transaction.atomic():
        installation = Installation.objects.select_for_update().get(pk=Installation.ONLY)
        epoch = uuid.uuid4()
        _remember(installation.epoch, epoch)
        _write(installation, epoch)
    with transaction.atomic():
        _remember(Installation.objects.select_for_update().get(pk=Installation.ONLY).epoch)


def turn_after_sending() -> None:
    """Only when something left since the last turn."""
    turned_at = Installation.objects.values("turned_at")
    if Delivery.objects.filter(body_started_at__gte=turned_at).exists():
        turn()


@transaction.atomic
def release(letter: Letter, *, by: User) -> int:
    """An operator lets out what was held of a letter; how many it is."""
    held = letter.deliveries.filter(state=Delivery.State.HELD)
    queued = {"state": Delivery.State.QUEUED, "hold_reason": "", "not_before": Now(), "waiting_since": Now()}
    released = held.update(rung_at=None, **queued)
    if released:
        audit.record("held_released", letter=letter, by=by)
    return released


def _hold_unsent() -> int:
    """A sender that is at it finds its lease gone. What was being handed over becomes unknown in the sweep."""
    waiting = Delivery.objects.filter(state__in=[Delivery.State.QUEUED, Delivery.State.LEASED])
    leased = Attempt.objects.filter(delivery__state=Delivery.State.LEASED, ended_at=None)
    leased.update(ended_at=Now(), outcome=Delivery.State.HELD)
    held = {"state": Delivery.State.HELD, "hold_reason": Delivery.Hold.RESTORED}
    number = waiting.update(lease_token=None, lease_until=None, **held)
    if number:
        audit.record("held_after_restore", letter=None, about=number)
    return number


def _begin(installation: Installation) -> None:
    epoch = uuid.uuid4()
    _remember(epoch)
    _write(installation, epoch)


def _write(installation: Installation, epoch: uuid.UUID) -> None:
    Installation.objects.filter(pk=installation.pk).update(epoch=epoch, turned_at=Now())


def _remembered() -> list[str]:
    try:
        return (settings.KEYS_DIR / REMEMBERED).read_text().split()
    except FileNotFoundError:
        return []


def _remember(*epochs: uuid.UUID) -> None:
    """Written beside and renamed, so that nobody reads half of it, and on disk before anything is committed."""
    settings.KEYS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = settings.KEYS_DIR / REMEMBERED
    draft = path.with_name(f".{REMEMBERED}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(map(str, epochs)))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    keys.sync_folder(settings.KEYS_DIR)
