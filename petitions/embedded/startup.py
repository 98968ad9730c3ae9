"""What happens before the first page: tables, static files, sample letters."""

import hashlib
from pathlib import Path

import django
import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import Error, connections

from petitions.doctor import services
from petitions.doctor.findings import Wrong
from petitions.embedded import Refused
from petitions.flows import restores
from petitions.models import Delivery, journal

log = structlog.stdlib.get_logger(__name__)

ORGANIZER = "organizer@example.com"


def migrate() -> None:
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except Error as error:
        raise Refused(f"The database cannot be brought up to date: {str(error).strip()}.") from error
    try:
        services.migrations()
    except Wrong as wrong:
        raise Refused(f"The tables cannot be used. {wrong}") from None


def collect_static(data: Path) -> None:
    """Only when a file has changed: naming and packing them takes longer than all else."""
    stamp, current = data / "static.stamp", _static_state()
    if not stamp.exists() or stamp.read_text() != current or not Path(settings.STATIC_ROOT).is_dir():
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.write_text(current)


def make_organizer() -> None:
    """Somebody who may write letters and is the operator, on an installation where nobody is yet."""
    users = get_user_model().objects
    if settings.MAILBOX_SOCKET and not users.exists():
        users.create_organizer(ORGANIZER, is_operator=True)


def held() -> int:
    """How many a restore holds back, all of them if this database is not the one that last ran here."""
    try:
        restores.is_own_database()
    except OSError as error:
        raise Refused(f"The folder of keys cannot be used: {error.strerror}.") from error
    return Delivery.objects.filter(hold_reason=Delivery.Hold.RESTORED).count()


def seed(data: Path) -> None:
    """Once for each data folder; the mark comes last, so that a killed first start seeds again."""
    mark = data / "seeded"
    if not mark.exists():
        call_command("seed", verbosity=0)
        mark.touch()


def empty_journal() -> None:
    """The last one who leaves empties SQLite's log: a stopped site keeps no word that was erased."""
    try:
        journal.empty()
    except Error as error:
        log.info("SQLite's log was not emptied.", error=type(error).__name__)
    let_go_of_database()


def let_go_of_database() -> None:
    connections.close_all()


def _static_state() -> str:
    digest = hashlib.sha256(
        f"{django.__version__} {settings.STATIC_ROOT} {settings.STORAGES['staticfiles']}".encode()
    )
    for finder in get_finders():
        for path, storage in finder.list([]):
            state = Path(storage.path(path)).stat()
            digest.update(f"{path} {state.st_mtime_ns} {state.st_size}\n".encode())
    return digest.hexdigest()
