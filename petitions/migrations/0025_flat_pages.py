"""Pages and counts that cost the same at every size. Indexes first: to take one away locks readers out, if briefly."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

# A count need not look into the table for what was looked through before. Of a million, PostgreSQL as installed does
# that after 200,000 new rows, and a count takes half as long again until then.
LOOKED_THROUGH = "ALTER TABLE petitions_signature SET (autovacuum_vacuum_insert_scale_factor = 0.01)"
AS_INSTALLED = "ALTER TABLE petitions_signature RESET (autovacuum_vacuum_insert_scale_factor)"


def look_through(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(LOOKED_THROUGH)


def undo(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(AS_INSTALLED)


class Migration(migrations.Migration):
    dependencies = [
        ("petitions", "0024_erasures"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="signature",
            index=models.Index(
                condition=models.Q(("state", "published")),
                fields=["letter", "kind", "proof", "signed_on"],
                name="signatures_by_kind_and_day",
            ),
        ),
        migrations.AddIndex(
            model_name="signature",
            index=models.Index(
                condition=models.Q(
                    ("is_pinned", True),
                    ("kind", "named"),
                    ("receipt_hash__isnull", False),
                    ("state", "published"),
                ),
                fields=["letter", "-signed_at", "id"],
                name="signatures_pinned",
            ),
        ),
        migrations.RemoveIndex(model_name="signature", name="signatures_counted"),
        migrations.RemoveIndex(model_name="signature", name="signatures_by_day"),
        migrations.RunPython(look_through, undo),
    ]
