"""Writing down who did what, without personal values."""

from __future__ import annotations

from accounts.models import User
from petitions.models import AuditEvent, Letter


def record(verb: str, *, letter: Letter | None, by: User | None = None, about: object = "") -> AuditEvent:
    """One event, in the transaction of what it tells; `about` is an id."""
    return AuditEvent.objects.create(letter=letter, actor=by, verb=verb, object_id=str(about))
