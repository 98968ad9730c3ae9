"""The numbers by which an organizer sees how a letter stands, read with its row in one query."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from petitions.flows import testmails
from petitions.models import (
    AuditEvent,
    Delivery,
    Demand,
    Domain,
    HandOver,
    Installation,
    Letter,
    Mismatch,
    Recipient,
    Signature,
    Takedown,
    Version,
)
from petitions.models.letters import LetterQuerySet

RETENTION = "retention_seen"  # an event that a checklist asks for, as it does for a test mail


def counted(letters: LetterQuerySet) -> QuerySet[Letter]:
    """Each with what its home says of it."""
    named = Signature.objects.all().named()
    mails = Delivery.objects.filter(subscription=None)
    return letters.with_pause().annotate(
        demand_count=_number(Demand.objects.all()),
        recipient_count=_number(Recipient.objects.all()),
        version_count=_number(Version.objects.all()),
        reachable_count=_number(Recipient.objects.reachable()),
        has_workplace=Exists(Domain.objects.filter(workplace__letters=OuterRef("pk"))),
        takedowns_waiting=_number(Takedown.objects.filter(decided_at=None)),
        under_review=_number(named.filter(is_under_review=True)),
        statements=_number(named.filter(is_statement_waiting=True)),
        to_review=_number(named.to_review()),
        undecided=_number(mails.undecided()),
        held=_number(mails.filter(state=Delivery.State.HELD)),
        late=_number(mails.late()),
        refused=_number(mails.letters().filter(state__in=[Delivery.State.REFUSED, Delivery.State.BOUNCED])),
        is_handed_over=Exists(HandOver.objects.filter(letter=OuterRef("pk"))),
        is_wrong=Exists(Mismatch.objects.filter(letter=OuterRef("pk"))),
        is_site_paused=Exists(Installation.that_stops(Installation.Switch.MAILS)),
        test_mail_at=_latest(testmails.SENT),
        retention_seen_at=_latest(RETENTION),
    )


def of(letter: Letter) -> Any:
    """The letter with its numbers as they are now."""
    return counted(Letter.objects.filter(pk=letter.pk)).get()


def _number(rows: QuerySet[Any]) -> Coalesce:
    own = rows.filter(letter=OuterRef("pk")).order_by().values("letter")
    number = Subquery(own.annotate(number=Count("pk")).values("number"), output_field=IntegerField())
    return Coalesce(number, 0)


def _latest(verb: str) -> Subquery:
    events = AuditEvent.objects.filter(letter=OuterRef("pk"), verb=verb).order_by().values("letter")
    return Subquery(events.annotate(latest=Max("at")).values("latest"))
