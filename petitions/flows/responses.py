"""Writing down what a recipient answered."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions.flows import audit
from petitions.models import Demand, Letter, Recipient, Response


@transaction.atomic
def record(
    letter: Letter, *, recipient: Recipient, demand: Demand | None, status: str, text: str, by: User
) -> Response:
    """An answer to the whole letter, or to one demand, whose status it sets."""
    response = letter.responses.create(recipient=recipient, demand=demand, text=text)
    if demand and status:
        Demand.objects.filter(pk=demand.pk).update(status=status)
    audit.record("response_recorded", letter=letter, by=by, about=response.pk)
    return response
