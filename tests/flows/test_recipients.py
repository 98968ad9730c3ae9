"""Who wants no mail of this site gets none of any letter: of those that are there, and of those that will be."""

from __future__ import annotations

import contextlib
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from petitions.doctor import work
from petitions.doctor.findings import Wrong
from petitions.flows import deliveries, recipients
from petitions.models import AuditEvent, OptOut, Recipient
from tests.admin.posts import as_stored, page
from tests.factories import make_draft, make_letter, make_user

pytestmark = pytest.mark.django_db

KEY = 1  # the row that says which key made the others


def address_to(letter, address: str) -> Recipient:
    return letter.recipients.create(name="Pat Person", address=address)


def unwilling(letter) -> set[str]:
    return set(letter.recipients.exclude(opted_out_at=None).values_list("address", flat=True))


@pytest.fixture
def asked():
    """A recipient of one letter has ended the mails."""
    recipient = address_to(make_letter(), "Pat@company.test")
    recipients.want_no_mail(recipient)
    return recipient


def test_every_letter_that_is_there_knows_it_at_once():
    one, other = make_letter(), make_letter()
    recipient, same = address_to(one, "Pat@company.test"), address_to(other, "pat@company.test")

    for _twice in range(2):
        recipients.want_no_mail(recipient)

    assert (unwilling(one), unwilling(other)) == ({recipient.address}, {same.address})
    assert AuditEvent.objects.filter(verb="recipient_opted_out").count() == 2
    recipients.want_mail_again(same)
    assert (unwilling(one), unwilling(other), OptOut.objects.count()) == (set(), set(), KEY)


def test_a_later_letter_is_not_delivered_to_them_in_any_spelling(asked):
    owner = make_user("owner@example.org")
    letter = make_letter(owner=owner)
    address_to(letter, "pat+news@COMPANY.test")

    snapshot = deliveries.deliver(letter, number=1, by=owner)

    assert unwilling(letter) == {"pat+news@COMPANY.test"}
    assert set(snapshot.deliveries.values_list("recipient__name", flat=True)) == {"Erin Chief", "Pat Person"}
    assert snapshot.deliveries.filter(recipient__address__istartswith="pat+news").count() == 0


def test_organizers_read_it_as_soon_as_they_save(asked, client):
    owner = make_user("owner@example.org")
    draft = make_draft(owner=owner)
    draft.recipients.all().delete()
    address_to(draft, "pat@company.test")
    client.force_login(owner)

    assert client.post(page("edit", draft), as_stored(draft)).status_code == 303

    assert unwilling(draft) == {"pat@company.test"}


def test_it_outlives_the_address(asked):
    Recipient.objects.filter(pk=asked.pk).update(address="")
    letter = make_letter()
    address_to(letter, "pat@company.test")

    recipients.respect(letter)

    assert unwilling(letter) == {"pat@company.test"}
    assert not any(b"pat" in bytes(row.mark) for row in OptOut.objects.all())


def test_whose_address_was_erased_changes_nobody_else_s_wish(asked):
    forgotten = address_to(make_letter(), "")
    recipients.want_no_mail(forgotten)
    recipients.want_mail_again(forgotten)

    asked.refresh_from_db()
    assert (asked.is_reachable, OptOut.objects.count()) == (False, KEY + 1)


def optouts(*words: str) -> str:
    out = StringIO()
    with contextlib.suppress(SystemExit):
        call_command("optouts", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def own_keys(settings, tmp_path) -> Path:
    settings.KEYS_DIR = tmp_path / "keys"
    return settings.KEYS_DIR


def test_a_key_that_is_lost_is_noticed_also_after_another_one_was_made(own_keys):
    one, other = address_to(make_letter(), "pat@company.test"), address_to(make_letter(), "gone@company.test")
    assert recipients.is_key_known()
    for recipient in (one, other):
        recipients.want_no_mail(recipient)
    Recipient.objects.filter(pk=other.pk).update(address="")
    assert "Nothing was changed." in optouts()

    (own_keys / OptOut.KEY).unlink()
    assert not recipients.is_key_known()
    recipients.want_no_mail(address_to(make_letter(), "late@company.test"))

    assert (own_keys / OptOut.KEY).exists()
    with pytest.raises(Wrong, match=r"opt-outs\.key, below KEYS_DIR, is missing or is another one"):
        work.opt_outs()
    said = StringIO()
    call_command("ready", stderr=said)  # nothing is kept from starting
    assert "opt-outs.key" in said.getvalue()
    assert "The key is lost" in optouts()


def test_who_gives_it_up_keeps_those_who_are_known(own_keys):
    one, other = address_to(make_letter(), "pat@company.test"), address_to(make_letter(), "gone@company.test")
    for recipient in (one, other):
        recipients.want_no_mail(recipient)
    Recipient.objects.filter(pk=other.pk).update(address="")
    (own_keys / OptOut.KEY).unlink()

    assert "are known: 1." in optouts("--anew")

    letter = make_letter()
    address_to(letter, "pat@company.test")
    recipients.respect(letter)
    assert (recipients.is_key_known(), unwilling(letter)) == (True, {"pat@company.test"})
    assert AuditEvent.objects.get(verb="opt_outs_begun_anew").object_id == "1"
