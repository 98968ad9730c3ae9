"""What this site talks to: the database, the broker, the mail server."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from petitions.doctor.findings import Wrong
from petitions.smtp import Answered, Conversation
from petitions.templatetags.answers import REASONS

OLDEST = 15  # of PostgreSQL
SECONDS = 5  # for all of the talk with the mail server; less than a program waits that reads /metrics
CLOCKS_DIFFER = timedelta(seconds=2)
WANTED = {"postgresql": "read committed", "sqlite": "wal, 1, 1"}
ASKED = {
    "postgresql": ("SHOW transaction_isolation",),
    "sqlite": ("PRAGMA journal_mode", "PRAGMA foreign_keys", "PRAGMA secure_delete"),
}
TIME = {
    "postgresql": "SELECT clock_timestamp() AT TIME ZONE 'UTC'",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
}


def database() -> str:
    try:
        _asked("SELECT 1")  # a connection that was kept may be dead
    except Error as error:
        raise Wrong(
            _("It does not answer (%(error)s). Is it running, and is DATABASE_URL right?") % _named(error)
        ) from None
    version = ".".join(map(str, connection.get_database_version()))
    if connection.vendor == "postgresql" and connection.get_database_version()[0] < OLDEST:
        raise Wrong(_("PostgreSQL %(version)s is too old: 15 is the least.") % {"version": version})
    return f"{connection.display_name} {version}"


def migrations() -> str:
    executor = MigrationExecutor(connection)
    newer = _unknown(executor.loader)
    if newer:
        sentence = _(
            "They are of a newer version than this one (%(name)s). Install that one, or restore a backup of this one."
        )
        raise Wrong(sentence % {"name": ".".join(newer[-1])})
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        sentence = ngettext(
            "%(number)s change was not applied. Run: manage.py migrate",
            "%(number)s changes were not applied. Run: manage.py migrate",
            waiting,
        )
        raise Wrong(sentence % {"number": waiting})
    return _("They are those of this version.")


def isolation() -> str:
    """What the count relies on: how transactions see each other."""
    stands = ", ".join(str(_asked(statement)) for statement in ASKED[connection.vendor])
    if stands != WANTED[connection.vendor]:
        sentence = _(
            "It stands at “%(stands)s” and has to be “%(wanted)s”. Take out whatever sets it otherwise."
        )
        raise Wrong(sentence % {"stands": stands, "wanted": WANTED[connection.vendor]})
    return _("As the count needs it (%(stands)s).") % {"stands": stands}


def clock() -> str:
    told = _asked(TIME[connection.vendor])  # SQLite tells it as text
    moment = datetime.fromisoformat(str(told))
    difference = abs(datetime.now(UTC) - moment.replace(tzinfo=UTC))
    seconds = {"seconds": f"{difference.total_seconds():.1f}"}
    if difference > CLOCKS_DIFFER:
        raise Wrong(
            _("Database and this machine differ by %(seconds)s s. Run a time service on both.") % seconds
        )
    return _("Database and this machine differ by %(seconds)s s.") % seconds


def broker() -> str:
    try:
        asked().ping()
    except (RedisError, OSError) as error:
        raise Wrong(
            _(
                "It does not answer (%(error)s): no mail leaves but codes. Is it running, and is REDIS_URL right?"
            )
            % _named(error)
        ) from None
    return _("It answers.")


def asked() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, **settings.REDIS_SECONDS)


def mail_server() -> str:
    """As far as a mail gets before its envelope: greeted, encrypted and logged in as the settings say."""
    if not settings.EMAIL_HOST:
        return _("EMAIL_HOST is not set: mails go to the mailbox page of “manage.py up”, and to nobody else.")
    where = {"host": settings.EMAIL_HOST, "port": settings.EMAIL_PORT}
    conversation = Conversation()
    try:
        conversation.open(seconds=SECONDS)
        conversation.close()
    except Answered as no:
        raise Wrong(
            _("%(host)s:%(port)s says: %(answer)s") % {**where, "answer": f"{no.code} {no.text}"}
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        reason = REASONS.get(type(error).__name__, type(error).__name__)
        raise Wrong(
            _("%(host)s:%(port)s: %(reason)s See EMAIL_HOST, EMAIL_PORT, EMAIL_SECURITY, EMAIL_USER.")
            % {**where, "reason": reason}
        ) from None
    return _("%(host)s:%(port)s greets us.") % where


def _unknown(loader: MigrationLoader) -> list[tuple[str, str]]:
    """What was applied and is not here, of the parts that are: a part that is gone may have left its own behind."""
    here = loader.disk_migrations
    parts = {part for part, _name in here}
    return sorted(key for key in loader.applied_migrations if key[0] in parts and key not in here)


def _asked(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def _named(error: Exception) -> dict[str, str]:
    """Without its words, which may repeat a password."""
    return {"error": type(error).__name__}
