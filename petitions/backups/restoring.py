"""Putting a backup back, and telling the operator what that means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db.models import Count

from petitions import holding, subscribers
from petitions.backups import Refused, databases, is_site
from petitions.flows import letters, restores
from petitions.holding import Held
from petitions.models import AuditEvent, Delivery, Letter, Subscription, journal


def check(path: Path) -> None:
    """Raises `Refused` for whatever cannot become this site's database."""
    database = databases.here()
    if database.is_at(path):
        raise Refused(f"{path} is the database itself.")
    _require_kind(database, path)
    found = database.migrations(path)
    if not is_site(found):
        raise Refused(f"{path} is no backup of Undersigned.")
    if found - set(MigrationLoader(None).disk_migrations):
        raise Refused(f"{path} was made by a newer version of Undersigned. Install that one first.")


def restore(path: Path) -> None:
    """Belongs after `check`. Between its steps the guard stands: no crash and no running worker sends anything.

    Nothing is shown either, before what was erased since is erased again.
    """
    holding.hold(Held.EVERYTHING)
    try:
        databases.here().put_back(path)
    except Refused:
        holding.show(Held.EVERYTHING)
        raise
    call_command("migrate", verbosity=0, interactive=False)
    restores.hold()
    journal.empty()


def report(since: datetime) -> Iterator[str]:
    """What an operator has to know and to do."""
    yield from _erased_again(since)
    yield from _held()
    yield "Keys (KEYS_DIR) are not in a backup."
    yield from _closed_again(since)
    yield from _without_keys()


def _require_kind(database: databases.Database, path: Path) -> None:
    try:
        with path.open("rb") as file:
            beginning = file.read(32)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    if beginning.startswith(database.begins):
        return
    for kind in databases.KINDS.values():
        if beginning.startswith(kind.begins):
            raise Refused(f"{path} comes from {kind.name}, and this site runs on {database.name}.")
    raise Refused(f"{path} is no backup.")


def _held() -> Iterator[str]:
    held = Delivery.objects.filter(state=Delivery.State.HELD)
    by_letter = held.values("letter").annotate(number=Count("pk")).order_by("letter_id")
    number = held.count()
    if not number:
        yield "Nothing was waiting to be sent, so nothing is held."
        return
    yield f"Held deliveries: {number}. Each may have been sent since the backup was made."
    for title, share in by_letter.values_list("letter__title", "number"):
        yield f"  {share}  {title}"
    yield f"None of them leaves before an operator releases them, letter by letter: {settings.SITE_URL}/admin/"


def _erased_again(since: datetime) -> Iterator[str]:
    for event in AuditEvent.objects.filter(verb="erased_again", at__gte=since):
        yield f"Erased again, because it was erased since the backup: {event.object_id}"
    if holding.what() is Held.PUBLIC:
        yield "What was erased since the backup is not known here (KEYS_DIR), and may be in the database again."
        yield "Public pages are held until you have looked and say: manage.py erasures --show-pages"


def _closed_again(since: datetime) -> Iterator[str]:
    events = {"events__verb": "closed_again", "events__at__gte": since}
    for letter in Letter.objects.filter(**events).distinct():
        yield f"Closed again, because it was closed since the backup, which destroyed its keys: {letter.title}"


def _without_keys() -> Iterator[str]:
    for letter in Letter.objects.filter(state=Letter.State.OPEN):
        if not letters.has_marks_keys(letter):
            yield f"Open without its keys, so whoever signed it can sign it again and counts twice: {letter.title}"
    if Subscription.objects.exists() and not (settings.KEYS_DIR / subscribers.KEY).exists():
        yield "The key of the followers' addresses is not here: they get nothing any more."
