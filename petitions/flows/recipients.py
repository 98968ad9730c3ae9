"""What a recipient decides about our mails."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from petitions.flows import audit
from petitions.models import Recipient


@transaction.atomic
def want_no_mail(recipient: Recipient) -> None:
    """From now on nothing leaves for them, also nothing that waits; their room stays. Harmless to repeat."""
    if Recipient.objects.filter(pk=recipient.pk, opted_out_at=None).update(opted_out_at=Now()):
        audit.record("recipient_opted_out", letter=recipient.letter, about=recipient.pk)
