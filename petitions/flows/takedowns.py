"""Taking a name down: anybody may ask, an organizer decides, and it is written down."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions.flows import audit, deliveries, signatures
from petitions.models import Delivery, Signature, Takedown


@transaction.atomic
def ask(signature: Signature, *, reason: str) -> None:
    """Put it before the organizers; a second request for the same name adds nothing while the first waits."""
    takedown, is_new = Takedown.objects.get_or_create(
        signature=signature, decided_at=None, defaults={"letter": signature.letter, "reason": reason}
    )
    if is_new:
        deliveries.tell_organizers(signature.letter, Delivery.Kind.TAKEDOWN, key=f"takedown:{takedown.pk}")


@transaction.atomic
def grant(takedown: Takedown, *, by: User) -> None:
    """Hide the name; the signature goes on counting. Only its signer can reveal it."""
    if takedown.decide(Takedown.Decision.HIDDEN):
        signatures.hide(takedown.signature)
        audit.record("name_hidden", letter=takedown.letter, by=by, about=takedown.pk)


@transaction.atomic
def reject(takedown: Takedown, *, by: User) -> None:
    if takedown.decide(Takedown.Decision.KEPT):
        audit.record("name_kept", letter=takedown.letter, by=by, about=takedown.pk)
