"""All of 0001 to 0017 at once, for a new database: the seventeen take ten seconds, this one less than one."""

from importlib import import_module

import datetime
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import petitions.models.deliveries
import uuid
from django.conf import settings
from django.db import migrations, models

audit_chain = import_module('petitions.migrations.0014_paper_and_audit_chain')


class Migration(migrations.Migration):

    replaces = [('petitions', '0001_initial'), ('petitions', '0002_outbox_evidence'), ('petitions', '0003_sealed_signatures'), ('petitions', '0004_invitations'), ('petitions', '0005_scattered_rows'), ('petitions', '0006_frozen_domains'), ('petitions', '0007_unwanted_deliveries'), ('petitions', '0008_reports'), ('petitions', '0009_answers'), ('petitions', '0010_lifted_domains'), ('petitions', '0011_accents_and_places'), ('petitions', '0012_organizer_invitations'), ('petitions', '0013_reviews_and_invalidations'), ('petitions', '0014_paper_and_audit_chain'), ('petitions', '0015_handed_over'), ('petitions', '0016_milestone_audiences_and_scheduled_updates'), ('petitions', '0017_hidden_answers_and_languages')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
        migrations.CreateModel(
            name='Challenge',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('expires_at', models.DateTimeField(db_default=django.db.models.expressions.CombinedExpression(django.db.models.functions.datetime.Now(), '+', models.Value(datetime.timedelta(seconds=900))))),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('tries__lte', 5)), name='a_code_has_five_tries')],
            },
        ),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('epoch', models.UUIDField(default=uuid.UUID('00000000-0000-0000-0000-000000000000'))),
                ('turned_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('is_paused', models.BooleanField(default=False)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='there_is_one_installation')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('holder', models.UUIDField(null=True)),
                ('held_until', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('succeeded_at', models.DateTimeField(null=True)),
                ('runs', models.PositiveBigIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('held_until', None), ('holder', None)), models.Q(('held_until__isnull', False), ('holder__isnull', False)), _connector='OR'), name='a_job_is_held_for_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Purge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ran_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('left', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='there_is_one_last_purge')],
            },
        ),
        migrations.CreateModel(
            name='Workplace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('head_count', models.PositiveIntegerField(blank=True, null=True, verbose_name='head-count')),
            ],
            options={
                'verbose_name': 'workplace',
                'verbose_name_plural': 'workplaces',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Domain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workplace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='domains', to='petitions.workplace')),
                ('name', models.CharField(help_text='What stands after the @, exactly: no subdomains.', max_length=253, unique=True, verbose_name='mail domain')),
                ('ignores_dots', models.BooleanField(default=False, help_text='Mail for a.b@ and ab@ reaches the same mailbox.', verbose_name='ignores dots')),
                ('frozen_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'mail domain',
                'verbose_name_plural': 'mail domains',
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_domain_has_a_name')],
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('slug', models.SlugField(max_length=80, unique=True, verbose_name='address')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('text', models.TextField(help_text='Markdown: **bold**, lists, links.', max_length=200000, verbose_name='text')),
                ('language', models.CharField(blank=True, max_length=8, verbose_name='language of the text')),
                ('signing_line', models.CharField(help_text='How signers are named together: “Employees of Example”.', max_length=120, verbose_name='signed by')),
                ('contact_address', models.EmailField(blank=True, help_text='Recipients reply to it and the public can read it. Best one made for this letter alone.', max_length=254, verbose_name='address for answers')),
                ('is_listed', models.BooleanField(default=True, help_text='Listed on the home page. Otherwise only those with the link find it.', verbose_name='public')),
                ('accent', models.CharField(choices=[('navy', 'navy'), ('forest', 'forest green'), ('teal', 'teal'), ('plum', 'plum'), ('wine', 'wine red'), ('earth', 'earth brown')], default='navy', help_text="Of buttons, rules and numbers on the letter's pages.", max_length=6, verbose_name='accent colour')),
                ('goal', models.PositiveIntegerField(blank=True, null=True, verbose_name='goal')),
                ('batch_size', models.PositiveSmallIntegerField(default=10, help_text='Anonymous signatures appear in groups of at least this many.', verbose_name='batch size')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('open', 'open'), ('closed', 'closed'), ('archived', 'archived')], default='draft', editable=False, max_length=8, verbose_name='state')),
                ('is_paused', models.BooleanField(default=False, editable=False, verbose_name='paused')),
                ('opens_at', models.DateTimeField(blank=True, help_text='Empty: as soon as you open it.', null=True, verbose_name='opens')),
                ('closes_at', models.DateTimeField(blank=True, help_text='Empty: when you close it.', null=True, verbose_name='closes')),
                ('opened_at', models.DateTimeField(editable=False, null=True)),
                ('closed_at', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('workplaces', models.ManyToManyField(help_text='Whose mailboxes may sign.', related_name='letters', to='petitions.workplace', verbose_name='workplaces')),
                ('lifted_domains', models.ManyToManyField(editable=False, related_name='lifted_for', to='petitions.domain')),
            ],
            options={
                'verbose_name': 'letter',
                'verbose_name_plural': 'letters',
                'ordering': ['-created_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'open', 'closed', 'archived'])), name='a_letter_has_a_known_state'), models.CheckConstraint(condition=models.Q(models.Q(('opened_at', None), ('state', 'draft')), models.Q(models.Q(('state', 'draft'), _negated=True), ('opened_at__isnull', False)), _connector='OR'), name='a_letter_was_opened_unless_it_is_a_draft'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state__in', ['draft', 'open'])), models.Q(('closed_at__isnull', False), ('state__in', ['closed', 'archived'])), _connector='OR'), name='a_letter_was_closed_when_it_says_so'), models.CheckConstraint(condition=models.Q(('state', 'draft'), ('opens_at__isnull', False), _connector='OR'), name='an_opened_letter_says_since_when'), models.CheckConstraint(condition=models.Q(('opens_at', None), ('closes_at', None), ('closes_at__gt', models.F('opens_at')), _connector='OR'), name='a_letter_closes_after_it_opens'), models.CheckConstraint(condition=models.Q(('batch_size__gte', 5)), name='a_batch_hides_each_of_its_signers'), models.CheckConstraint(condition=models.Q(('goal', None), ('goal__gt', 0), _connector='OR'), name='a_goal_is_above_zero'), models.CheckConstraint(condition=models.Q(('accent__in', ['navy', 'forest', 'teal', 'plum', 'wine', 'earth'])), name='a_letter_has_a_known_accent')],
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField(unique=True)),
                ('letter', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='petitions.letter')),
                ('actor', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('verb', models.CharField(max_length=60, verbose_name='event')),
                ('object_id', models.CharField(blank=True, max_length=64)),
                ('at', models.DateTimeField(verbose_name='time')),
                ('sha256', models.CharField(max_length=64)),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='Demand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='demands', to='petitions.letter')),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('title', models.CharField(max_length=200, verbose_name='demand')),
                ('text', models.TextField(blank=True, max_length=5000, verbose_name='explanation')),
                ('status', models.CharField(choices=[('unanswered', 'unanswered'), ('accepted', 'accepted'), ('partly', 'partly accepted'), ('refused', 'refused')], default='unanswered', max_length=10, verbose_name='status')),
            ],
            options={
                'verbose_name': 'demand',
                'verbose_name_plural': 'demands',
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(fields=('letter', 'number'), name='demands_are_numbered_in_a_letter'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='demands_start_at_one'), models.CheckConstraint(condition=models.Q(('status__in', ['unanswered', 'accepted', 'partly', 'refused'])), name='a_demand_has_a_known_status')],
            },
        ),
        migrations.CreateModel(
            name='Invalidation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invalidations', to='petitions.letter')),
                ('number', models.PositiveIntegerField()),
                ('reason', models.CharField(help_text='Everybody reads it beside the number. Name nobody.', max_length=200, verbose_name='reason')),
                ('condition', models.JSONField(null=True)),
                ('expected', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('running', 'working'), ('done', 'declared invalid'), ('undoing', 'bringing back'), ('undone', 'brought back')], default='running', max_length=7)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-number'],
                'constraints': [models.UniqueConstraint(fields=('letter', 'number'), name='invalidations_are_numbered_in_a_letter'), models.CheckConstraint(condition=models.Q(('state__in', ['running', 'done', 'undoing', 'undone'])), name='an_invalidation_has_a_known_state'), models.CheckConstraint(condition=models.Q(models.Q(('condition__isnull', False), ('state', 'running')), models.Q(models.Q(('state', 'running'), _negated=True), ('condition__isnull', True)), _connector='OR'), name='an_invalidation_knows_its_condition_while_it_works'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='an_invalidation_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='petitions.letter')),
                ('proof', models.CharField(choices=[('mailbox', 'work mailbox, by typed code'), ('invitation', 'invitation'), ('former', 'invitation of a former employee')], max_length=10)),
                ('code_hash', models.BinaryField(max_length=32, unique=True)),
                ('blinded_hash', models.BinaryField(max_length=32, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('proof__in', ('invitation', 'former'))), name='an_invitation_is_for_current_or_former_employees')],
            },
        ),
        migrations.CreateModel(
            name='Mark',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='petitions.letter')),
                ('value', models.BinaryField(max_length=32)),
                ('blinded_hash', models.BinaryField(max_length=32, null=True)),
                ('is_scattered', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_scattered', False)), fields=['letter'], name='marks_to_be_scattered')],
                'constraints': [models.UniqueConstraint(fields=('letter', 'value'), name='one_mailbox_signs_a_letter_once')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='petitions.letter')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('role', models.CharField(choices=[('owner', 'owner'), ('editor', 'editor'), ('reviewer', 'reviewer')], max_length=8, verbose_name='role')),
            ],
            options={
                'verbose_name': 'organizer',
                'verbose_name_plural': 'organizers',
                'constraints': [models.UniqueConstraint(fields=('letter', 'user'), name='a_person_has_one_role_on_a_letter'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'editor', 'reviewer'])), name='an_organizer_has_a_known_role')],
            },
        ),
        migrations.CreateModel(
            name='Milestone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='milestones', to='petitions.letter')),
                ('threshold', models.PositiveIntegerField(blank=True, null=True, verbose_name='number of signatures')),
                ('share', models.PositiveSmallIntegerField(blank=True, help_text='Of all workplaces of the letter together. Rounded up to whole signatures.', null=True, verbose_name='or percent of the head-count')),
                ('is_for_organizers', models.BooleanField(default=True, verbose_name='tell organizers')),
                ('is_for_followers', models.BooleanField(default=True, verbose_name='tell followers')),
                ('is_for_recipients', models.BooleanField(default=False, help_text='Only those who have got the letter, at most one mail a day.', verbose_name='tell recipients')),
                ('text', models.TextField(blank=True, help_text="Plain text. It stands in the mails and, for everybody, on the letter's page.", max_length=1000, verbose_name='a few words')),
                ('reached_at', models.DateTimeField(editable=False, null=True, verbose_name='reached')),
                ('count_seen', models.PositiveIntegerField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'milestone',
                'verbose_name_plural': 'milestones',
                'ordering': ['threshold', 'share', 'pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('share', None)), fields=('letter', 'threshold'), name='a_threshold_stands_once_on_a_letter'), models.UniqueConstraint(fields=('letter', 'share'), name='a_share_stands_once_on_a_letter'), models.CheckConstraint(condition=models.Q(('threshold__gte', 1)), name='a_threshold_is_above_zero'), models.CheckConstraint(condition=models.Q(('share', None), models.Q(('share__gte', 1), ('share__lte', 100)), _connector='OR'), name='a_share_is_a_percentage'), models.CheckConstraint(condition=models.Q(('threshold__isnull', False), ('share__isnull', False), _connector='OR'), name='a_milestone_is_a_number_or_a_share'), models.CheckConstraint(condition=models.Q(models.Q(('count_seen', None), ('reached_at', None)), models.Q(('count_seen__gte', models.F('threshold')), ('reached_at__isnull', False), ('threshold__isnull', False)), _connector='OR'), name='a_milestone_was_reached_with_enough')],
            },
        ),
        migrations.CreateModel(
            name='Mismatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mismatches', to='petitions.letter')),
                ('place', models.CharField(max_length=40)),
                ('shown', models.IntegerField()),
                ('counted', models.IntegerField()),
                ('found_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name_plural': 'mismatches',
                'ordering': ['letter', 'place'],
                'constraints': [models.UniqueConstraint(fields=('letter', 'place'), name='a_place_is_wrong_about_a_letter_once')],
            },
        ),
        migrations.CreateModel(
            name='OrganizerInvitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='organizer_invitations', to='petitions.letter')),
                ('role', models.CharField(choices=[('owner', 'owner'), ('editor', 'editor'), ('reviewer', 'reviewer')], max_length=8, verbose_name='role')),
                ('sealed', models.BinaryField()),
                ('secret_hash', models.BinaryField(max_length=32, unique=True)),
                ('invited_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'verbose_name': 'invitation to organize',
                'verbose_name_plural': 'invitations to organize',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'editor', 'reviewer'])), name='an_invitation_offers_a_known_role')],
            },
        ),
        migrations.CreateModel(
            name='Paper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='papers', to='petitions.letter')),
                ('way', models.CharField(choices=[('paper', 'on paper'), ('earlier', 'earlier, elsewhere')], default='paper', max_length=7, verbose_name='how they were collected')),
                ('number', models.PositiveIntegerField(null=True, verbose_name='number')),
                ('note', models.CharField(help_text='Where and when they were collected, and who checked them: “Collected at the gates in May; checked by the organizers”. Everybody reads it.', max_length=200, verbose_name='note for the public')),
                ('entered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'verbose_name': 'signatures on paper',
                'verbose_name_plural': 'signatures on paper',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('way__in', ['paper', 'earlier'])), name='a_paper_has_a_known_way'), models.CheckConstraint(condition=models.Q(('number', None), models.Q(('number__gt', 0), ('number__lte', 1000000)), _connector='OR'), name='a_typed_number_of_paper_signatures_is_in_bounds')],
            },
        ),
        migrations.CreateModel(
            name='PublicKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='public_keys', to='petitions.letter')),
                ('proof', models.CharField(choices=[('mailbox', 'work mailbox, by typed code'), ('invitation', 'invitation'), ('former', 'invitation of a former employee')], max_length=10)),
                ('spki', models.BinaryField(max_length=422)),
                ('key_id', models.CharField(max_length=64)),
                ('issued', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'public key',
                'verbose_name_plural': 'public keys',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('letter', 'proof'), name='a_letter_has_one_key_for_a_proof')],
            },
        ),
        migrations.CreateModel(
            name='Recipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='petitions.letter')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('role', models.CharField(blank=True, max_length=120, verbose_name='role')),
                ('address', models.EmailField(help_text='Never shown in public.', max_length=254, verbose_name='e-mail address')),
                ('opted_out_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'recipient',
                'verbose_name_plural': 'recipients',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('address', ''), _negated=True), fields=('letter', 'address'), name='a_recipient_stands_once_on_a_letter')],
            },
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='petitions.letter')),
                ('text', models.TextField(max_length=2000, verbose_name='what is wrong')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'report',
                'verbose_name_plural': 'reports',
                'ordering': ['made_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Sheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sheets', to='petitions.letter')),
                ('proof', models.CharField(choices=[('mailbox', 'work mailbox, by typed code'), ('invitation', 'invitation'), ('former', 'invitation of a former employee')], max_length=10)),
                ('number', models.PositiveSmallIntegerField(verbose_name='number of codes')),
                ('printed_on', models.DateField(db_default=django.db.models.functions.datetime.TruncDate(django.db.models.functions.datetime.Now()))),
                ('is_void', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'sheet of invitations',
                'verbose_name_plural': 'sheets of invitations',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1), ('number__lte', 200)), name='a_sheet_has_its_codes')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='petitions.letter')),
                ('sealed', models.BinaryField()),
                ('mark', models.BinaryField(max_length=32)),
                ('secret_hash', models.BinaryField(max_length=32, unique=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('letter', 'mark'), name='an_address_follows_a_letter_once')],
            },
        ),
        migrations.CreateModel(
            name='Update',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='updates', to='petitions.letter')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('text', models.TextField(help_text='Markdown.', max_length=50000, verbose_name='text')),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('scheduled_at', models.DateTimeField(editable=False, null=True)),
                ('posted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, null=True)),
            ],
            options={
                'verbose_name': 'update',
                'verbose_name_plural': 'updates',
                'ordering': ['-posted_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Version',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='petitions.letter')),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('demands', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'version',
                'verbose_name_plural': 'versions',
                'ordering': ['number'],
                'get_latest_by': 'number',
                'constraints': [models.UniqueConstraint(fields=('letter', 'number'), name='versions_are_numbered_in_a_letter'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='versions_start_at_one')],
            },
        ),
        migrations.CreateModel(
            name='PaperSignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('paper', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signatures', to='petitions.paper')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('role', models.CharField(blank=True, max_length=120, verbose_name='role')),
            ],
            options={
                'verbose_name': 'signature on paper',
                'verbose_name_plural': 'signatures on paper',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Publication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='petitions.letter')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='petitions.recipient')),
                ('sha256', models.CharField(max_length=64)),
                ('published_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'verbose_name': 'publication',
                'verbose_name_plural': 'publications',
                'ordering': ['pk'],
                'get_latest_by': 'pk',
            },
        ),
        migrations.CreateModel(
            name='ResponseDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recipient', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='draft', to='petitions.recipient')),
                ('sealed', models.BinaryField()),
                ('saved_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'draft of a response',
                'verbose_name_plural': 'drafts of responses',
            },
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='petitions.letter')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='petitions.version')),
                ('kind', models.CharField(choices=[('named', 'named'), ('sealed', 'anonymous, sealed'), ('by_policy', 'anonymous by policy')], max_length=9)),
                ('proof', models.CharField(choices=[('mailbox', 'work mailbox, by typed code'), ('invitation', 'invitation'), ('former', 'invitation of a former employee')], max_length=10)),
                ('state', models.CharField(choices=[('published', 'published'), ('invalid', 'declared invalid'), ('withdrawn', 'withdrawn')], default='published', max_length=9)),
                ('receipt_hash', models.BinaryField(max_length=32, null=True, unique=True)),
                ('sealed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='petitions.publickey')),
                ('token_signature', models.BinaryField(max_length=384, null=True)),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('role', models.CharField(blank=True, max_length=120, verbose_name='role')),
                ('statement', models.CharField(blank=True, max_length=280, verbose_name='statement')),
                ('search', models.CharField(blank=True, editable=False, max_length=1000)),
                ('workplace', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='petitions.workplace', verbose_name='workplace')),
                ('is_pinned', models.BooleanField(default=False, verbose_name='pinned')),
                ('is_under_review', models.BooleanField(default=False, verbose_name='under review')),
                ('shows_statement', models.BooleanField(default=False, verbose_name='statement shown')),
                ('is_statement_waiting', models.BooleanField(default=False)),
                ('invalidation', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='petitions.invalidation')),
                ('signed_on', models.DateField(db_default=django.db.models.functions.datetime.TruncDate(django.db.models.functions.datetime.Now()), verbose_name='signed on')),
                ('signed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'signature',
                'verbose_name_plural': 'signatures',
                'indexes': [models.Index(condition=models.Q(('state', 'published')), fields=['letter', 'kind', 'proof'], name='signatures_counted'), models.Index(condition=models.Q(('kind', 'named'), ('state', 'published')), fields=['letter', '-signed_at', 'id'], name='signatures_listed'), models.Index(condition=models.Q(('state', 'published'), models.Q(('is_under_review', True), ('is_statement_waiting', True), _connector='OR')), fields=['letter', 'kind', '-signed_at', 'id'], name='signatures_to_review'), models.Index(condition=models.Q(('invalidation__isnull', False)), fields=['invalidation', 'state'], name='signatures_invalidated')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['named', 'sealed', 'by_policy'])), name='a_signature_has_a_known_kind'), models.CheckConstraint(condition=models.Q(('proof__in', ['mailbox', 'invitation', 'former'])), name='a_signature_has_a_known_proof'), models.CheckConstraint(condition=models.Q(('state__in', ['published', 'invalid', 'withdrawn'])), name='a_signature_has_a_known_state'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'named'), ('state__in', ['published', 'invalid'])), models.Q(('name', ''), ('role', ''), ('search', ''), ('statement', '')), _connector='OR'), name='only_a_named_signature_that_was_not_withdrawn_says_who'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'named'), ('state__in', ['published', 'invalid'])), models.Q(('is_pinned', False), ('workplace', None)), _connector='OR'), name='only_a_named_signature_that_was_not_withdrawn_says_where'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'named'), ('state', 'published'), _negated=True), models.Q(('name', ''), ('role', ''), _negated=True), ('receipt_hash', None), _connector='OR'), name='a_named_signature_shows_something'), models.CheckConstraint(condition=models.Q(('receipt_hash__isnull', False), models.Q(models.Q(('kind', 'sealed'), _negated=True), ('name', ''), ('role', ''), ('search', ''), ('statement', '')), _connector='OR'), name='a_forgotten_signature_says_nothing'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'named'), ('signed_at__isnull', False)), models.Q(models.Q(('kind', 'named'), _negated=True), ('signed_at', None)), _connector='OR'), name='an_anonymous_signature_has_a_day_and_no_time'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'sealed'), ('sealed_by__isnull', False), ('token_signature__isnull', False)), models.Q(models.Q(('kind', 'sealed'), _negated=True), ('sealed_by', None), ('token_signature', None)), _connector='OR'), name='only_a_sealed_signature_has_a_token'), models.CheckConstraint(condition=models.Q(('shows_statement', True), ('statement', ''), _negated=True), name='a_shown_statement_is_not_empty'), models.CheckConstraint(condition=models.Q(('is_statement_waiting', True), ('statement', ''), _negated=True), name='a_waiting_statement_is_not_empty'), models.CheckConstraint(condition=models.Q(models.Q(('invalidation', None), ('state', 'published')), models.Q(('invalidation__isnull', False), ('state', 'invalid')), ('state', 'withdrawn'), _connector='OR'), name='an_invalid_signature_belongs_to_an_invalidation')],
            },
        ),
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='petitions.letter')),
                ('number', models.PositiveIntegerField()),
                ('reason', models.CharField(choices=[('closing', 'closing'), ('delivery', 'delivery'), ('handover', 'handing over')], max_length=8)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='petitions.version')),
                ('revision', models.PositiveIntegerField(default=0)),
                ('count', models.JSONField(null=True)),
                ('names', models.JSONField(null=True)),
                ('papers', models.JSONField(default=list)),
                ('sha256', models.CharField(blank=True, default='', max_length=64)),
                ('first_body_at', models.DateTimeField(null=True)),
                ('is_settled', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['number'],
                'get_latest_by': 'number',
                'constraints': [models.UniqueConstraint(fields=('letter', 'number'), name='snapshots_are_numbered_in_a_letter'), models.CheckConstraint(condition=models.Q(('reason__in', ['closing', 'delivery', 'handover'])), name='a_snapshot_has_a_known_reason'), models.CheckConstraint(condition=models.Q(('sha256', ''), ('count__isnull', False), _connector='OR'), name='a_frozen_snapshot_says_its_count'), models.CheckConstraint(condition=models.Q(('first_body_at', None), models.Q(('sha256', ''), _negated=True), _connector='OR'), name='only_a_frozen_snapshot_goes_out')],
            },
        ),
        migrations.CreateModel(
            name='WaitingSignature',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='petitions.letter')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='petitions.version')),
                ('kind', models.CharField(choices=[('named', 'named'), ('sealed', 'anonymous, sealed'), ('by_policy', 'anonymous by policy')], max_length=9)),
                ('proof', models.CharField(choices=[('mailbox', 'work mailbox, by typed code'), ('invitation', 'invitation'), ('former', 'invitation of a former employee')], max_length=10)),
                ('receipt_hash', models.BinaryField(max_length=32, unique=True)),
                ('sealed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='petitions.publickey')),
                ('token_signature', models.BinaryField(max_length=384, null=True)),
                ('is_scattered', models.BooleanField(default=False)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['sealed', 'by_policy'])), name='only_anonymous_signatures_wait'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'sealed'), ('sealed_by__isnull', False), ('token_signature__isnull', False)), models.Q(models.Q(('kind', 'sealed'), _negated=True), ('sealed_by', None), ('token_signature', None)), _connector='OR'), name='only_a_waiting_sealed_signature_has_a_token')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='deliveries', to='petitions.letter')),
                ('kind', models.CharField(choices=[('letter', 'letter'), ('milestone', 'milestone notice'), ('closing', 'closing notice'), ('update', 'update'), ('response', 'notice of an answer'), ('correction', 'correction notice'), ('takedown', 'takedown alert'), ('trouble', 'alert about deliveries'), ('mismatch', 'alert about a number'), ('burst', 'alert about codes'), ('report', 'report to the operators'), ('test', 'test mail'), ('trial', 'test of an update'), ('organizer', 'invitation to organize')], max_length=10, verbose_name='kind')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('state', models.CharField(choices=[('held', 'held'), ('queued', 'waiting'), ('leased', 'being sent'), ('in_data', 'handed to the mail server, no answer yet'), ('accepted', 'accepted by the mail server'), ('refused', 'refused'), ('unknown', 'unknown: it may have arrived'), ('bounced', 'bounced'), ('cancelled', 'cancelled')], default='queued', max_length=9, verbose_name='state')),
                ('recipient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='petitions.recipient')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to=settings.AUTH_USER_MODEL)),
                ('subscription', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='petitions.subscription')),
                ('organizer_invitation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='petitions.organizerinvitation')),
                ('snapshot', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='petitions.snapshot')),
                ('milestone', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='petitions.milestone')),
                ('update_told', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='petitions.update')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='petitions.version')),
                ('publication', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='petitions.publication')),
                ('message_id', models.CharField(default=petitions.models.deliveries.new_message_id, max_length=64, unique=True)),
                ('not_before', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('waiting_since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('rung_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('lease_token', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('body_started_at', models.DateTimeField(null=True)),
                ('smtp_code', models.PositiveSmallIntegerField(null=True)),
                ('smtp_text', models.CharField(blank=True, max_length=500, verbose_name='answer')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('is_unwanted', models.BooleanField(default=False)),
                ('hold_reason', models.CharField(blank=True, choices=[('restored', 'the database was restored: it may have been sent before')], max_length=8)),
                ('decision', models.CharField(blank=True, choices=[('sent', 'counted as sent by an organizer'), ('again', 'sent again by an organizer')], max_length=5)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['body_started_at'], name='deliveries_begun'), models.Index(condition=models.Q(('state', 'queued')), fields=['not_before'], name='deliveries_due'), models.Index(condition=models.Q(('state__in', ['leased', 'in_data'])), fields=['lease_until'], name='deliveries_leased')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['held', 'queued', 'leased', 'in_data', 'accepted', 'refused', 'unknown', 'bounced', 'cancelled'])), name='a_delivery_has_a_known_state'), models.CheckConstraint(condition=models.Q(models.Q(('organizer_invitation', None), ('recipient__isnull', False), ('subscription', None), ('user', None)), models.Q(('organizer_invitation', None), ('recipient', None), ('subscription', None), ('user__isnull', False)), models.Q(('organizer_invitation', None), ('recipient', None), ('subscription__isnull', False), ('user', None)), models.Q(('organizer_invitation__isnull', False), ('recipient', None), ('subscription', None), ('user', None)), _connector='OR'), name='a_delivery_has_one_reader'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'letter'), ('recipient__isnull', False), ('snapshot__isnull', False)), models.Q(('kind', 'milestone'), ('snapshot', None)), models.Q(models.Q(('kind__in', ['letter', 'milestone']), _negated=True), ('recipient', None), ('snapshot', None)), _connector='OR'), name='letters_go_to_recipients_who_may_be_told_of_milestones'), models.CheckConstraint(condition=models.Q(models.Q(('lease_token__isnull', False), ('lease_until__isnull', False), ('state__in', ['leased', 'in_data'])), models.Q(models.Q(('state__in', ['leased', 'in_data']), _negated=True), ('lease_token', None), ('lease_until', None)), _connector='OR'), name='only_a_delivery_being_sent_has_a_lease'), models.CheckConstraint(condition=models.Q(('body_started_at__isnull', False), models.Q(('state__in', ['in_data', 'unknown', 'bounced']), _negated=True), _connector='OR'), name='a_body_that_may_be_out_has_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('state__in', ['accepted', 'refused', 'bounced', 'cancelled'])), models.Q(models.Q(('state__in', ['accepted', 'refused', 'bounced', 'cancelled']), _negated=True), ('finished_at', None)), _connector='OR'), name='a_finished_delivery_says_when'), models.CheckConstraint(condition=models.Q(models.Q(('hold_reason__in', ['restored']), ('state', 'held')), models.Q(models.Q(('state', 'held'), _negated=True), ('hold_reason', '')), _connector='OR'), name='a_held_delivery_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decision', '')), models.Q(('decided_at__isnull', False), ('decision__in', ['sent', 'again'])), _connector='OR'), name='a_decision_about_an_unknown_delivery_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='petitions.letter')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='petitions.recipient')),
                ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='petitions.snapshot')),
                ('way', models.CharField(choices=[('person', 'in person'), ('desk', 'left for them, at a desk or with an assistant'), ('post', 'by post'), ('other', 'in another way')], max_length=6)),
                ('handed_on', models.DateField()),
                ('note', models.CharField(blank=True, max_length=280)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'hand-over',
                'verbose_name_plural': 'hand-overs',
                'ordering': ['handed_on', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('recipient', 'handed_on'), name='a_recipient_is_handed_a_letter_once_a_day'), models.CheckConstraint(condition=models.Q(('way__in', ['person', 'desk', 'post', 'other'])), name='a_hand_over_has_a_known_way')],
            },
        ),
        migrations.CreateModel(
            name='Response',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='petitions.letter')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='petitions.recipient', verbose_name='recipient')),
                ('demand', models.ForeignKey(blank=True, help_text='Empty: an answer to the whole letter.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='petitions.demand', verbose_name='demand')),
                ('status', models.CharField(blank=True, choices=[('accepted', 'accepted'), ('partly', 'partly accepted'), ('refused', 'refused'), ('declined', 'declined to answer')], max_length=8, verbose_name='status')),
                ('text', models.TextField(blank=True, help_text="Markdown, in the recipient's own words.", max_length=50000, verbose_name='text')),
                ('publication', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responses', to='petitions.publication')),
                ('way', models.CharField(blank=True, choices=[('mail', 'by e-mail'), ('paper', 'on paper'), ('person', 'in person or by telephone'), ('public', 'in public: a statement, the press, an all-hands'), ('other', 'in another way')], default='', editable=False, max_length=6)),
                ('responded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('hidden_for', models.CharField(blank=True, choices=[('abuse', 'insults or threatens somebody'), ('privacy', 'says private things about somebody'), ('unlawful', 'is against the law')], editable=False, max_length=8)),
            ],
            options={
                'verbose_name': 'response',
                'verbose_name_plural': 'responses',
                'ordering': ['responded_at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['', 'accepted', 'partly', 'refused', 'declined'])), name='a_response_has_a_known_status'), models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), models.Q(('status', ''), _negated=True), _connector='OR'), name='a_response_says_something'), models.CheckConstraint(condition=models.Q(('hidden_for__in', ['', 'abuse', 'privacy', 'unlawful'])), name='a_response_is_hidden_for_a_known_reason'), models.CheckConstraint(condition=models.Q(('way', ''), models.Q(('publication', None), ('way__in', ['mail', 'paper', 'person', 'public', 'other'])), _connector='OR'), name='only_a_recorded_response_came_by_a_way')],
            },
        ),
        migrations.CreateModel(
            name='Takedown',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='takedowns', to='petitions.letter')),
                ('signature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='takedowns', to='petitions.signature')),
                ('reason', models.TextField(max_length=2000, verbose_name='reason')),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='asked')),
                ('decided_at', models.DateTimeField(editable=False, null=True, verbose_name='decided')),
                ('decision', models.CharField(blank=True, choices=[('hidden', 'name hidden'), ('kept', 'name kept')], editable=False, max_length=6, verbose_name='decision')),
            ],
            options={
                'verbose_name': 'takedown request',
                'verbose_name_plural': 'takedown requests',
                'ordering': ['asked_at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decision', '')), models.Q(('decided_at__isnull', False), ('decision__in', ['hidden', 'kept'])), _connector='OR'), name='a_takedown_is_decided_or_waits'), models.UniqueConstraint(condition=models.Q(('decided_at', None)), fields=('signature',), name='one_takedown_of_a_name_waits')],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='petitions.delivery')),
                ('number', models.PositiveIntegerField()),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('body_started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('held', 'held'), ('queued', 'waiting'), ('leased', 'being sent'), ('in_data', 'handed to the mail server, no answer yet'), ('accepted', 'accepted by the mail server'), ('refused', 'refused'), ('unknown', 'unknown: it may have arrived'), ('bounced', 'bounced'), ('cancelled', 'cancelled')], max_length=9)),
                ('smtp_code', models.PositiveSmallIntegerField(null=True)),
                ('smtp_text', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'verbose_name': 'attempt',
                'verbose_name_plural': 'attempts',
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(fields=('delivery', 'number'), name='attempts_are_numbered_in_a_delivery')],
            },
        ),
        migrations.RunPython(audit_chain.lock, audit_chain.unlock),
    ]

