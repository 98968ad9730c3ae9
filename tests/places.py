"""Where rows lie: what a copy of the database tells beside its values."""

from __future__ import annotations

from typing import Any

from django.db import connection, models

PLACE = {"sqlite": "rowid", "postgresql": "ctid"}


def in_place(model: type[models.Model], column: str) -> list[Any]:
    """The column's values in the order in which the rows lie in the table."""
    return [value for value, _ in with_place(model, column)]


def with_place(model: type[models.Model], column: str) -> list[tuple[Any, str]]:
    place = PLACE[connection.vendor]
    return _asked(f'SELECT "{column}", {place} FROM {model._meta.db_table} ORDER BY {place}')


def begin_anew(*tables: type[models.Model]) -> None:
    """Let the next rows lie one behind the other: PostgreSQL fills what earlier tests rolled back first."""
    if connection.vendor == "postgresql":
        names = ", ".join(table._meta.db_table for table in tables)
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {names} CASCADE")


def by_transaction(model: type[models.Model], column: str) -> dict[Any, int]:
    """Which transaction wrote the row that lies there now; PostgreSQL alone says so."""
    return dict(_asked(f'SELECT "{column}", xmin::text::bigint FROM {model._meta.db_table}'))


def _asked(statement: str) -> list[tuple[Any, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [(_plain(value), _plain(place)) for value, place in cursor.fetchall()]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
