"""Addresses of people who were asked to organize a letter: sealed to their row until they come."""

from __future__ import annotations

import json
import secrets

from django.conf import settings

from petitions import subscribers
from petitions.crypto import keys, sealing, typed
from petitions.models import Letter, OrganizerInvitation


def sealed(letter: Letter, *, address: str, role: str) -> OrganizerInvitation:
    """A new row, not saved, with a secret of its own for the link."""
    secret = secrets.token_urlsafe(24)
    invitation = OrganizerInvitation(letter=letter, role=role, secret_hash=typed.digest(secret))
    inside = json.dumps({"address": address, "secret": secret}).encode()
    invitation.sealed = sealing.seal(_key(), inside, context=invitation.context)
    return invitation


def opened(invitation: OrganizerInvitation) -> dict[str, str]:
    """The `address` that was invited and the `secret` of its link. Raises `sealing.NotSealedHere`."""
    inside = sealing.unseal(_key(), bytes(invitation.sealed), context=invitation.context)
    return json.loads(inside)


def address(invitation: OrganizerInvitation) -> str:
    """Empty where the key is another one, as after restoring a backup elsewhere."""
    try:
        return opened(invitation)["address"]
    except sealing.NotSealedHere:
        return ""


def _key() -> bytes:
    return keys.read_or_create(settings.KEYS_DIR, subscribers.KEY)
