"""Telling followers and the public what happened."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions.flows import audit, deliveries
from petitions.models import Delivery, Letter, Update


@transaction.atomic
def post(letter: Letter, *, title: str, text: str, by: User) -> Update:
    """Publish it on the letter's page and send it to every follower."""
    update = letter.updates.create(title=title, text=text)
    deliveries.tell_followers(letter, Delivery.Kind.UPDATE, key=f"update:{update.pk}", update_told=update)
    audit.record("update_posted", letter=letter, by=by, about=update.pk)
    return update
