"""A new database begins with one migration; what it makes is what the older ones make together."""

from __future__ import annotations

from typing import Any

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState


def models(*, replace_migrations: bool) -> dict[tuple[str, str], ModelState]:
    loader = MigrationLoader(None, replace_migrations=replace_migrations)
    return loader.project_state().models


def told(model: ModelState) -> dict[str, Any]:
    """In no order: columns were added one after the other, and constraints replaced."""
    lists = {name: sorted(map(repr, model.options.get(name, []))) for name in ("constraints", "indexes")}
    fields = {name: field.deconstruct()[1:] for name, field in model.fields.items()}
    return {**model.options, **lists, "fields": {name: repr(parts) for name, parts in fields.items()}}


def test_one_migration_makes_what_the_older_ones_make_together():
    at_once, in_turn = models(replace_migrations=True), models(replace_migrations=False)

    assert at_once.keys() == in_turn.keys()
    differing = [name for name in at_once if told(at_once[name]) != told(in_turn[name])]
    assert differing == []
