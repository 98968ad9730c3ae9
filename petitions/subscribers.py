"""Addresses of followers: the one personal value that is kept, sealed to its row."""

from __future__ import annotations

import json
import secrets

from django.conf import settings

from petitions.crypto import keys, sealing, typed
from petitions.models import Letter, Subscription

KEY = "fields.key"


def sealed(letter: Letter, *, address: str, mark: bytes) -> Subscription:
    """A new row, not saved, with a secret of its own for the link that ends it."""
    secret = secrets.token_urlsafe(24)
    subscription = Subscription(letter=letter, mark=mark, secret_hash=typed.digest(secret))
    inside = json.dumps({"address": address, "secret": secret}).encode()
    subscription.sealed = sealing.seal(_key(), inside, context=subscription.context)
    return subscription


def opened(subscription: Subscription) -> dict[str, str]:
    """The `address` to write to and the `secret` of the link that ends it. Raises `sealing.NotSealedHere`."""
    inside = sealing.unseal(_key(), bytes(subscription.sealed), context=subscription.context)
    return json.loads(inside)


def _key() -> bytes:
    return keys.read_or_create(settings.KEYS_DIR, KEY)
