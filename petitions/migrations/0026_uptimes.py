"""Tells that the database crashed. See models/uptimes.py."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import migrations, models


class CreateUnlogged(migrations.CreateModel):
    """Of a table that PostgreSQL empties when it recovers from a crash."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        if schema_editor.connection.vendor == "postgresql":
            table = schema_editor.quote_name(to_state.apps.get_model(app_label, self.name)._meta.db_table)
            schema_editor.execute(f"ALTER TABLE {table} SET UNLOGGED")


class Migration(migrations.Migration):
    dependencies = [
        ("petitions", "0025_flat_pages"),
    ]

    operations = [
        CreateUnlogged(
            name="Uptime",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.UUIDField(default=uuid.uuid4)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="there_is_one_uptime")
                ],
            },
        ),
        migrations.AddField(model_name="attempt", name="uptime", field=models.UUIDField(null=True)),
    ]
