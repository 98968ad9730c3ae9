"""An index by which rare names are found, on PostgreSQL alone and of what every PostgreSQL has. See models/pieces.py."""

from __future__ import annotations

from typing import Any

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION petitions_pieces(words text) RETURNS int8[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  pieces int8[] := '{}';
  before_last int8 := 0;
  last int8 := 0;
  letter int8;
BEGIN
  FOR place IN 1 .. length(words) LOOP
    letter := ascii(substr(words, place, 1));
    pieces := pieces || letter;
    IF last > 0 THEN pieces := pieces || ((last << 21) | letter); END IF;
    IF before_last > 0 THEN pieces := pieces || ((before_last << 42) | (last << 21) | letter); END IF;
    before_last := last;
    last := letter;
  END LOOP;
  RETURN pieces;
END $$
"""
# What waits to be sorted in is read by every search, and sorted in by whoever signs next: not much, then.
INDEX = """
CREATE INDEX CONCURRENTLY signatures_searched ON petitions_signature USING gin (petitions_pieces(search))
WITH (gin_pending_list_limit = 256)
WHERE state = 'published' AND kind = 'named' AND receipt_hash IS NOT NULL
"""
NO_INDEX = "DROP INDEX CONCURRENTLY IF EXISTS signatures_searched"  # nor half of one
THERE = (FUNCTION, NO_INDEX, INDEX)
GONE = (NO_INDEX, "DROP FUNCTION IF EXISTS petitions_pieces(text)")


def make(_apps: Any, schema_editor: Any) -> None:
    _say(THERE, schema_editor)


def undo(_apps: Any, schema_editor: Any) -> None:
    _say(GONE, schema_editor)


def _say(statements: tuple[str, ...], schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    atomic = False  # for a million signatures it takes a minute, and people sign meanwhile

    dependencies = [
        ("petitions", "0022_flat_costs"),
    ]

    operations = [migrations.RunPython(make, undo)]
