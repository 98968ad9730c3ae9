"""A burst over a directory: codes are asked for mailbox after mailbox, and hardly one is typed.

Then the domain gets no more codes, whoever asks sees no difference, and organizers are told. Counted by the clock's
hour and under the day's pseudonyms, for a domain as a whole: a freeze stops it for every letter.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from limits import RateLimitItemPerHour

from accounts.models import User
from petitions import limits
from petitions.flows import audit, deliveries
from petitions.models import Delivery, Domain, Letter, Workplace

MOST = 1_000_000
FIRST = RateLimitItemPerHour(1, 1, "burst-first")
ASKED = RateLimitItemPerHour(MOST, 1, "burst-asked")
TYPED = RateLimitItemPerHour(MOST, 1, "burst-typed")

# A letter that everybody talks about gets 50 signers a minute, and a code can be typed for 15 minutes: so many may
# wait for slow mail. At a small workplace fewer are its whole directory.
UNTYPED = 50 * 15
FEWEST = 50
SHARE = 0.75


def is_calm(mailbox: str) -> bool:
    """Count that the mailbox asks; False when its domain gets no codes. Always the same steps, for the same time."""
    domain = Domain.objects.select_related("workplace").filter(name=_domain_name(mailbox)).first()
    if domain is None:
        return True
    is_first = limits.allows(FIRST, _hour(), mailbox)
    limits.allows(ASKED, _hour(), domain.name, cost=int(is_first))
    asked, typed = (limits.count(limit, _hour(), domain.name) for limit in (ASKED, TYPED))
    if domain.frozen_at is None and _is_burst(domain.workplace, asked, typed):
        freeze(domain)
        return False
    return domain.frozen_at is None


def note_typed(mailbox: str) -> None:
    """A right code: somebody reads this mailbox, and signs."""
    limits.allows(TYPED, _hour(), _domain_name(mailbox))


def threshold(workplace: Workplace) -> int:
    """How many mailboxes may ask within an hour without typing."""
    if workplace.head_count is None:
        return UNTYPED
    return min(UNTYPED, max(FEWEST, int(workplace.head_count * SHARE)))


@transaction.atomic
def freeze(domain: Domain) -> None:
    """Once, whoever sees it first. Every letter that the domain can sign is concerned."""
    if not Domain.objects.filter(pk=domain.pk, frozen_at=None).update(frozen_at=Now()):
        return
    for letter in Letter.objects.filter(state=Letter.State.OPEN, workplaces__domains=domain):
        event = audit.record("domain_frozen", letter=letter, about=domain.pk)
        deliveries.tell_organizers(letter, Delivery.Kind.BURST, key=f"burst:{event.pk}")


@transaction.atomic
def lift(domain: Domain, *, letter: Letter, by: User) -> bool:
    """Send codes again, and count from nothing. True for the one who lifted it."""
    if not Domain.objects.filter(pk=domain.pk, frozen_at__isnull=False).update(frozen_at=None):
        return False
    for limit in (ASKED, TYPED):
        limits.forget(limit, _hour(), domain.name)
    audit.record("domain_lifted", letter=letter, by=by, about=domain.pk)
    return True


def _is_burst(workplace: Workplace, asked: int, typed: int) -> bool:
    """Of people who sign, most type their code; of a directory that somebody goes through, hardly anybody."""
    return asked - typed > threshold(workplace) and typed * 2 < asked


def _domain_name(mailbox: str) -> str:
    return mailbox.rpartition("@")[2]


def _hour() -> str:
    return timezone.now().strftime("%Y-%m-%dT%H")
