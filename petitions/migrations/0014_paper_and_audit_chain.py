"""Signatures on paper, and the chain of audit events.

Events that are there already are chained in the order in which they were written. Triggers then refuse every change of
an event, and let only the oldest one go, as the retention rules do.
"""

import hashlib
import json

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

BEGINNING = "0" * 64
TRIGGERS = {
    "sqlite": [
        """
        CREATE TRIGGER audit_events_never_change BEFORE UPDATE ON petitions_auditevent
        BEGIN SELECT RAISE(ABORT, 'An audit event never changes.'); END
        """,
        """
        CREATE TRIGGER audit_events_go_oldest_first BEFORE DELETE ON petitions_auditevent
        WHEN EXISTS (SELECT 1 FROM petitions_auditevent WHERE number < OLD.number)
        BEGIN SELECT RAISE(ABORT, 'Only the oldest audit event goes.'); END
        """,
    ],
    "postgresql": [
        """
        CREATE OR REPLACE FUNCTION petitions_audit_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                RAISE EXCEPTION 'An audit event never changes.' USING ERRCODE = 'restrict_violation';
            ELSIF EXISTS (SELECT 1 FROM petitions_auditevent WHERE number < OLD.number) THEN
                RAISE EXCEPTION 'Only the oldest audit event goes.' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN OLD;
        END $$
        """,
        """
        CREATE TRIGGER audit_events_stay BEFORE UPDATE OR DELETE ON petitions_auditevent
        FOR EACH ROW EXECUTE FUNCTION petitions_audit_events_stay()
        """,
    ],
}
LOOSE = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS audit_events_never_change",
        "DROP TRIGGER IF EXISTS audit_events_go_oldest_first",
    ],
    "postgresql": [
        "DROP TRIGGER IF EXISTS audit_events_stay ON petitions_auditevent",
        "DROP FUNCTION IF EXISTS petitions_audit_events_stay()",
    ],
}


def lock(apps, schema_editor):
    for statement in TRIGGERS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unlock(apps, schema_editor):
    for statement in LOOSE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def chain(apps, schema_editor):
    """As flows/audit did when this was written."""
    sha256, number = BEGINNING, 0
    for number, event in enumerate(apps.get_model("petitions", "AuditEvent").objects.order_by("pk"), start=1):
        facts = {
            "before": sha256,
            "number": number,
            "letter": event.letter_id,
            "actor": event.actor_id,
            "verb": event.verb,
            "about": event.object_id,
            "at": event.at.isoformat(),
        }
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        type(event).objects.filter(pk=event.pk).update(number=number, sha256=sha256)
    apps.get_model("petitions", "AuditChain").objects.create(pk=1, number=number, sha256=sha256)


def unchain(apps, schema_editor):
    """Whoever was erased leaves a number that leads nowhere; the constraint that comes back would refuse it."""
    events = apps.get_model("petitions", "AuditEvent").objects
    letters = apps.get_model("petitions", "Letter").objects.values("pk")
    users = apps.get_model("accounts", "User").objects.values("pk")
    events.exclude(letter__in=letters).update(letter=None)
    events.exclude(actor__in=users).update(actor=None)


class Migration(migrations.Migration):

    dependencies = [
        ('petitions', '0013_reviews_and_invalidations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='auditevent',
            options={'ordering': ['-number'], 'verbose_name': 'event', 'verbose_name_plural': 'events'},
        ),
        migrations.AddField(
            model_name='auditevent',
            name='number',
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='auditevent',
            name='sha256',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='snapshot',
            name='papers',
            field=models.JSONField(default=list),
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='actor',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='at',
            field=models.DateTimeField(verbose_name='time'),
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='letter',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='petitions.letter'),
        ),
        migrations.CreateModel(
            name='AuditChain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField(default=0)),
                ('sha256', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
                ('moved_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('forgotten_number', models.PositiveBigIntegerField(default=0)),
                ('forgotten_sha256', models.CharField(default='0000000000000000000000000000000000000000000000000000000000000000', max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='there_is_one_chain_of_events')],
            },
        ),
        migrations.RunPython(chain, unchain),
        migrations.AlterField(
            model_name='auditevent',
            name='number',
            field=models.PositiveBigIntegerField(unique=True),
        ),
        migrations.RunPython(lock, unlock),
        migrations.CreateModel(
            name='Paper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('way', models.CharField(choices=[('paper', 'on paper'), ('earlier', 'earlier, elsewhere')], default='paper', max_length=7, verbose_name='how they were collected')),
                ('number', models.PositiveIntegerField(null=True, verbose_name='number')),
                ('note', models.CharField(help_text='Where and when they were collected, and who checked them: “Collected at the gates in May; checked by the organizers”. Everybody reads it.', max_length=200, verbose_name='note for the public')),
                ('entered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='papers', to='petitions.letter')),
            ],
            options={
                'verbose_name': 'signatures on paper',
                'verbose_name_plural': 'signatures on paper',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='PaperSignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('role', models.CharField(blank=True, max_length=120, verbose_name='role')),
                ('paper', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signatures', to='petitions.paper')),
            ],
            options={
                'verbose_name': 'signature on paper',
                'verbose_name_plural': 'signatures on paper',
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='paper',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['paper', 'earlier'])), name='a_paper_has_a_known_way'),
        ),
        migrations.AddConstraint(
            model_name='paper',
            constraint=models.CheckConstraint(condition=models.Q(('number', None), models.Q(('number__gt', 0), ('number__lte', 1000000)), _connector='OR'), name='a_typed_number_of_paper_signatures_is_in_bounds'),
        ),
    ]
