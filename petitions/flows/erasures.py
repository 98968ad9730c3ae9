"""Erasing again what a restored database remembers and was erased since: see petitions/erasures.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from petitions import erasures
from petitions.erasures import Kind, Known
from petitions.flows import audit, letters, organizers, purges, receipts, recipients, signatures
from petitions.models import (
    Invitation,
    Letter,
    Membership,
    OrganizerInvitation,
    Paper,
    PaperSignature,
    Recipient,
    Report,
    Response,
    Signature,
    Subscription,
    WaitingSignature,
)


@transaction.atomic
def replay() -> int:
    """How many erasures it was. Harmless to repeat; whoever is killed in it has to begin anew."""
    known = erasures.known()
    number = sum(again(known) for again in AGAIN) if known else 0
    if number:
        audit.record("erased_again", letter=None, about=number)
    return number


def _purged(known: Known) -> int:
    """First: it erases more than any other. One that was open in the backup was closed long before it was purged."""
    done = 0
    over = [letter for letter in Letter.objects.published() if known.has(Kind.PURGED, letter.public_id)]
    for letter in over:
        if letter.state == Letter.State.OPEN:
            letters.close(letter)
            audit.record("closed_again", letter=letter)
    if over:
        done = purges.forget(Letter.objects.filter(pk__in=[letter.pk for letter in over]))
    return done


def _lines(known: Known) -> int:
    """What was hidden goes; what was corrected too, for the words that took its place are not noted."""
    telling = Signature.objects.telling().values_list("pk", flat=True).iterator()
    gone = [pk for pk in telling if known.has(Kind.LINE, pk)]
    return _each(Signature.objects.filter(pk__in=gone).select_related("letter"), signatures.hide_row)


def _withdrawn(known: Known) -> int:
    """Waiting and published alike, and with all that they say."""
    done = 0
    for rows in (WaitingSignature.objects.all(), Signature.objects.exclude(state=Signature.State.WITHDRAWN)):
        kept = rows.exclude(receipt_hash=None).values_list("pk", "receipt_hash").iterator()
        gone = [pk for pk, receipt in kept if receipt and known.has(Kind.WITHDRAWN, bytes(receipt))]
        done += _each(rows.filter(pk__in=gone).select_related("letter"), receipts.withdraw_row)
    return done


def _statements(known: Known) -> int:
    shown = Signature.objects.filter(shows_statement=True).values_list("pk", flat=True)
    gone = [pk for pk in shown if known.has(Kind.STATEMENT, pk)]
    return Signature.objects.filter(pk__in=gone).update(shows_statement=False)


def _opt_outs(known: Known) -> int:
    willing = Recipient.objects.reachable().select_related("letter")
    return _each(
        (one for one in willing if known.has(Kind.OPT_OUT, recipients.mark(one))), recipients.want_no_mail
    )


def _responses(known: Known) -> int:
    standing = Response.objects.filter(hidden_for="").exclude(text="")
    gone = [row.pk for row in standing if known.has(Kind.RESPONSE, erasures.row(row.pk, row.responded_at))]
    return Response.objects.filter(pk__in=gone).update(hidden_for=Response.Hidden.PRIVACY)


def _drafts(known: Known) -> int:
    drafts = Letter.objects.filter(state=Letter.State.DRAFT)
    return _delete(drafts, (row.pk for row in drafts if known.has(Kind.DRAFT, row.public_id)))


def _organizers(known: Known) -> int:
    """The last owner stays: a letter that belongs to nobody helps nobody."""
    members = Membership.objects.select_related("letter", "user")
    gone = [row for row in members if known.has(Kind.MEMBERSHIP, organizers.member_name(row))]
    return sum(not organizers.is_last_owner(row.letter, row) and bool(row.delete()) for row in gone)


def _rows(known: Known) -> int:
    """Those that are simply deleted, each by the name that it was noted under."""
    done = 0
    for rows, kind, name in _deleted():
        done += _delete(rows, [row.pk for row in rows.iterator() if known.has(kind, name(row))])
    return done


def _deleted() -> list[tuple[QuerySet[Any], Kind, Callable[[Any], object]]]:
    return [
        (Subscription.objects.only("pk"), Kind.SUBSCRIPTION, attrgetter("pk")),
        (Invitation.objects.only("pk"), Kind.INVITATION, attrgetter("pk")),
        (OrganizerInvitation.objects.all(), Kind.ORGANIZER_INVITATION, lambda row: bytes(row.secret_hash)),
        (Paper.objects.all(), Kind.PAPER, lambda row: erasures.row(row.pk, row.entered_at)),
        (
            PaperSignature.objects.select_related("paper"),
            Kind.PAPER_NAME,
            lambda row: erasures.row(row.pk, row.paper.entered_at),
        ),
        (Report.objects.all(), Kind.REPORT, lambda row: erasures.row(row.pk, row.made_at)),
    ]


AGAIN: tuple[Callable[[Known], int], ...] = (
    _purged,
    _withdrawn,
    _lines,
    _statements,
    _opt_outs,
    _responses,
    _drafts,
    _organizers,
    _rows,
)


def _each(rows: Iterable[Any], erase: Callable[[Any], object]) -> int:
    found = list(rows)
    for row in found:
        erase(row)
    return len(found)


def _delete(rows: Any, pks: Iterable[Any]) -> int:
    """So many of these rows; what goes along with them is not counted."""
    gone = list(pks)
    rows.filter(pk__in=gone).delete()
    return len(gone)
