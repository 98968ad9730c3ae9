"""What a recipient decides about our mails: for every letter of this site, also for one that is written later."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from petitions import erasures
from petitions.crypto import keys, marks
from petitions.erasures import Kind
from petitions.flows import audit
from petitions.models import Letter, OptOut, Recipient
from petitions.models.recipients import RecipientQuerySet

NOBODY = "no mailbox"  # its mark says which key made the others


@transaction.atomic
def want_no_mail(recipient: Recipient) -> None:
    """From now on nothing leaves for them, also nothing that waits; their rooms stay. Harmless to repeat."""
    if recipient.address:  # the retention rules empty it, and then nobody can be written to
        erasures.note(Kind.OPT_OUT, mark(recipient))
        _keep(recipient.address)
    _move(_same(recipient).filter(opted_out_at=None), "recipient_opted_out", opted_out_at=Now())


@transaction.atomic
def want_mail_again(recipient: Recipient) -> None:
    """They took it back. What was not sent meanwhile is sent by whoever delivers again, and not by this."""
    erasures.take_back(Kind.OPT_OUT, mark(recipient))
    OptOut.objects.filter(mark=mark(recipient)).delete()
    _move(_same(recipient).exclude(opted_out_at=None), "recipient_opted_in", opted_out_at=None)


def is_key_known() -> bool:
    """Whether the key is the one that made the marks; by another one a wish whose address was erased is not found."""
    if not OptOut.objects.exists():
        return True
    try:
        key = keys.read(settings.KEYS_DIR, OptOut.KEY)
    except keys.KeyMissing:
        return False
    return OptOut.objects.filter(mark=_marked(key, NOBODY)).exists()


@transaction.atomic
def keep_what_is_known() -> int:
    """The key is lost for good: mark anew whoever still has an address here, and forget the others. How many."""
    unwilling = Recipient.objects.exclude(opted_out_at=None).exclude(address="")
    OptOut.objects.all().delete()
    for address in unwilling.values_list("address", flat=True):
        _keep(address)
    number = max(OptOut.objects.count() - 1, 0)
    audit.record("opt_outs_begun_anew", letter=None, about=number)
    return number


def respect(letter: Letter) -> None:
    """Whoever wants no mail of this site gets none of this letter, in whatever spelling it names them."""
    known = {recipient.pk: mark(recipient) for recipient in letter.recipients.reachable()}
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


def _keep(address: str) -> None:
    """A key that is made while there are marks of another one stays unknown, until somebody has decided."""
    kept = _mark(address)
    if not OptOut.objects.exists():
        OptOut.objects.get_or_create(mark=_marked(keys.read(settings.KEYS_DIR, OptOut.KEY), NOBODY))
    OptOut.objects.get_or_create(mark=kept)


def mark(recipient: Recipient) -> bytes:
    """Of their mailbox, in whatever spelling."""
    return _mark(recipient.address)


def _mark(address: str) -> bytes:
    return _marked(keys.read_or_create(settings.KEYS_DIR, OptOut.KEY), _mailbox(address))


def _marked(key: bytes, mailbox: str) -> bytes:
    return marks.mark(key, purpose="opt-out", letter="", mailbox=mailbox)


def _mailbox(address: str) -> str:
    try:
        return marks.mailbox(address)
    except marks.AddressNotUsable:  # fit to be written to, and not to sign with
        return address.casefold()
