"""A burst over a directory: codes are asked for mailbox after mailbox, and hardly one is typed.

Then the domain gets no more codes, whoever asks sees no difference, and organizers are told. Counted by the clock's
hour and under the day's pseudonyms, for a domain as a whole: a freeze stops it for every letter. Whoever lets codes
leave again answers for their own letter: an owner lifts it there, an operator everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from limits import RateLimitItemPerHour

from accounts.models import User
from petitions import limits
from petitions.flows import audit, deliveries
from petitions.limits import Try
from petitions.models import Delivery, Domain, Letter, prepared
from petitions.recent import recent

MOST = 1_000_000
FIRST = RateLimitItemPerHour(1, 1, "burst-first")
ASKED = RateLimitItemPerHour(MOST, 1, "burst-asked")
TYPED = RateLimitItemPerHour(MOST, 1, "burst-typed")

# A letter that everybody talks about gets 50 signers a minute, and a code can be typed for 15 minutes: so many may
# wait for slow mail. At a small workplace fewer are its whole directory.
UNTYPED = 50 * 15
FEWEST = 50
SHARE = 0.75


@dataclass(frozen=True)
class Asking:
    """A mailbox that asks for a code, and its domain, which may be frozen. Of who is no signer no domain is asked."""

    mailbox: str
    domain: Domain | None = None

    @classmethod
    def of_signer(cls, letter: Letter, mailbox: str) -> Asking:
        return cls(mailbox, _asked_at(letter.pk, _domain_name(mailbox)))

    @property
    def tries(self) -> list[Try]:
        """What is counted: each mailbox once an hour.

        What is asked where no code leaves is not counted: it must not stop the letters that were let go on.
        """
        first, domain = Try(FIRST, (_hour(), self.mailbox)), self.domain
        return [first] if domain is None else [first, *_tries(domain, asked=int(_gets_codes(domain)))]

    def is_calm(self, counted: list[int]) -> bool:
        """By what the tries came to. False when its domain gets no codes. The same steps, for the same time."""
        domain = self.domain
        if domain is None:
            return True
        _first, asked, typed = counted
        head_count = domain.head_count  # type: ignore[attr-defined]
        if _gets_codes(domain) and _is_burst(head_count, asked, typed):
            freeze(domain)
            return False
        return _gets_codes(domain)


def _gets_codes(domain: Domain) -> bool:
    return domain.frozen_at is None or bool(domain.is_lifted)  # type: ignore[attr-defined]


def note_typed(mailbox: str) -> None:
    """A right code: somebody reads this mailbox, and signs."""
    limits.allows(TYPED, _hour(), _domain_name(mailbox))


def _tries(domain: Domain, *, asked: int = 0) -> tuple[Try, Try]:
    """How many of its mailboxes asked this hour, with one that does now for the first time, and how many typed."""
    who = (_hour(), domain.name)
    return Try(ASKED, who, asked, follows=bool(asked)), Try(TYPED, who, cost=0)


def is_near(domain: Domain) -> bool:
    """Whether half of what freezes it was asked for this hour and not typed. Told without the number."""
    asked, typed = limits.counts(*_tries(domain))
    return (
        domain.frozen_at is None
        and asked - typed > threshold(domain.workplace.head_count) // 2
        and typed * 2 < asked
    )


def threshold(head_count: int | None) -> int:
    """How many mailboxes of a workplace may ask within an hour without typing."""
    if head_count is None:
        return UNTYPED
    return min(UNTYPED, max(FEWEST, int(head_count * SHARE)))


@transaction.atomic
def freeze(domain: Domain) -> None:
    """Once, whoever sees it first: for every open letter that the domain can sign and that sends it codes."""
    concerned = _open_letters(domain)
    if not Domain.objects.filter(pk=domain.pk, frozen_at=None).update(frozen_at=Now()):
        concerned = concerned.filter(pk__in=_stop_again(domain))
    for letter in concerned:
        event = audit.record("domain_frozen", letter=letter, about=domain.pk)
        deliveries.tell_organizers(letter, Delivery.Kind.BURST, key=f"burst:{event.pk}")


def _stop_again(domain: Domain) -> list[int]:
    """The letters for which it had been lifted; none for all but one caller."""
    lifts = _lifts().filter(domain=domain)
    letters = list(lifts.values_list("letter", flat=True))
    return letters if lifts.delete()[0] else []


@transaction.atomic
def lift(domain: Domain, *, letter: Letter, by: User) -> bool:
    """Send codes for this letter again, and count from nothing. True for the one who lifted it.

    When no open letter is left for which it is frozen, it is over.
    """
    if not Domain.objects.frozen().filter(pk=domain.pk).update(frozen_at=F("frozen_at")):  # one at a time
        return False
    _, is_first = _lifts().get_or_create(letter=letter, domain=domain)
    if not is_first:
        return False
    _count_anew(domain)
    audit.record("domain_lifted", letter=letter, by=by, about=domain.pk)
    if not _open_letters(domain).exclude(lifted_domains=domain).exists():
        _end(domain)
    return True


@transaction.atomic
def lift_everywhere(domain: Domain, *, by: User) -> bool:
    """The same for all letters: an operator's."""
    if not _end(domain):
        return False
    _count_anew(domain)
    audit.record("domain_lifted", letter=None, by=by, about=domain.pk)
    return True


def _end(domain: Domain) -> bool:
    is_first = Domain.objects.frozen().filter(pk=domain.pk).update(frozen_at=None)
    _lifts().filter(domain=domain).delete()
    return bool(is_first)


def _count_anew(domain: Domain) -> None:
    for limit in (ASKED, TYPED):
        limits.forget(limit, _hour(), domain.name)


def _open_letters(domain: Domain) -> QuerySet[Letter]:
    return Letter.objects.filter(state=Letter.State.OPEN, workplaces__domains=domain)


def _lifts() -> QuerySet[Any]:
    """Which domain is let go on for which letter."""
    return Letter.lifted_domains.through.objects.all()


@recent
def _asked_at(letter: int, name: str) -> Domain | None:
    """So a freeze is seen by the other processes half a second later, and what ends it too."""
    return ASKED_AT.first(name=name, letter=letter)


def _with_letter(name: Any, letter: Any) -> QuerySet[Domain]:
    """With what decides whether its mailboxes get codes for a letter."""
    is_lifted = Exists(_lifts().filter(letter=letter, domain=OuterRef("pk")))
    return Domain.objects.filter(name=name).annotate(
        is_lifted=is_lifted, head_count=F("workplace__head_count")
    )


ASKED_AT = prepared.Objects[Domain](_with_letter)


def _is_burst(head_count: int | None, asked: int, typed: int) -> bool:
    """Of people who sign, most type their code; of a directory that somebody goes through, hardly anybody."""
    return asked - typed > threshold(head_count) and typed * 2 < asked


def _domain_name(mailbox: str) -> str:
    return mailbox.rpartition("@")[2]


def _hour() -> str:
    return timezone.now().strftime("%Y-%m-%dT%H")
