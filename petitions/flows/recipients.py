"""What a recipient decides about our mails: for every letter of this site, also for one that is written later."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from petitions.crypto import keys, marks
from petitions.flows import audit
from petitions.models import Letter, OptOut, Recipient
from petitions.models.recipients import RecipientQuerySet


@transaction.atomic
def want_no_mail(recipient: Recipient) -> None:
    """From now on nothing leaves for them, also nothing that waits; their rooms stay. Harmless to repeat."""
    if recipient.address:  # the retention rules empty it, and then nobody can be written to
        OptOut.objects.get_or_create(mark=_mark(recipient.address))
    _move(_same(recipient).filter(opted_out_at=None), "recipient_opted_out", opted_out_at=Now())


@transaction.atomic
def want_mail_again(recipient: Recipient) -> None:
    """They took it back. What was not sent meanwhile is sent by whoever delivers again, and not by this."""
    OptOut.objects.filter(mark=_mark(recipient.address)).delete()
    _move(_same(recipient).exclude(opted_out_at=None), "recipient_opted_in", opted_out_at=None)


def respect(letter: Letter) -> None:
    """Whoever wants no mail of this site gets none of this letter, in whatever spelling it names them."""
    known = {recipient.pk: _mark(recipient.address) for recipient in letter.recipients.reachable()}
    found = OptOut.objects.filter(mark__in=set(known.values())).values_list("mark", flat=True)
    unwilling = {bytes(mark) for mark in found}
    rows = [pk for pk, mark in known.items() if mark in unwilling]
    Recipient.objects.filter(pk__in=rows).update(opted_out_at=Now())


def _same(recipient: Recipient) -> RecipientQuerySet:
    """The rows of this mailbox on all letters; one that the retention rules emptied is itself alone."""
    if not recipient.address:
        return Recipient.objects.filter(pk=recipient.pk)
    return Recipient.objects.filter(address__iexact=recipient.address)


def _move(rows: RecipientQuerySet, verb: str, **moved: object) -> None:
    for row in rows.select_related("letter").order_by("pk"):
        Recipient.objects.filter(pk=row.pk).update(**moved)
        audit.record(verb, letter=row.letter, about=row.pk)


def _mark(address: str) -> bytes:
    return marks.mark(
        keys.read_or_create(settings.KEYS_DIR, OptOut.KEY),
        purpose="opt-out",
        letter="",
        mailbox=_mailbox(address),
    )


def _mailbox(address: str) -> str:
    try:
        return marks.mailbox(address)
    except marks.AddressNotUsable:  # fit to be written to, and not to sign with
        return address.casefold()
