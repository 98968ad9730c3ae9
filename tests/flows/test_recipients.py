"""Who wants no mail of this site gets none of any letter: of those that are there, and of those that will be."""

from __future__ import annotations

import pytest

from petitions.flows import deliveries, recipients
from petitions.models import AuditEvent, OptOut, Recipient
from tests.admin.posts import as_stored, page
from tests.factories import make_draft, make_letter, make_user

pytestmark = pytest.mark.django_db


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
    assert (unwilling(one), unwilling(other), OptOut.objects.count()) == (set(), set(), 0)


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
    assert b"pat" not in bytes(OptOut.objects.get().mark)


def test_whose_address_was_erased_changes_nobody_else_s_wish(asked):
    forgotten = address_to(make_letter(), "")
    recipients.want_no_mail(forgotten)
    recipients.want_mail_again(forgotten)

    asked.refresh_from_db()
    assert (asked.is_reachable, OptOut.objects.count()) == (False, 1)
