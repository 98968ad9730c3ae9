from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from petitions.flows import bursts
from petitions.models import Domain, Membership
from tests.admin.posts import page
from tests.factories import make_letter


@pytest.fixture
def domain(letter):
    bursts.freeze(letter.workplaces.get().domains.get())
    return letter.workplaces.get().domains.get()


def shown(client, letter):
    return client.get(page("change", letter)).content.decode()


def test_the_letter_says_which_domain_gets_no_codes(as_owner, letter, domain):
    assert "Mailboxes at example.test have got no codes since" in " ".join(shown(as_owner, letter).split())


def test_an_owner_lets_codes_leave_again(as_owner, letter, domain):
    answer = as_owner.post(page("domain_lift", letter, domain.pk), follow=True)

    assert "Mailboxes at example.test get codes for this letter again." in answer.content.decode()
    assert "have got no codes" not in answer.content.decode()
    assert Domain.objects.get().frozen_at is None


def test_opening_the_address_lifts_nothing(as_owner, letter, domain):
    assert as_owner.get(page("domain_lift", letter, domain.pk)).status_code == 405
    assert Domain.objects.get().frozen_at


def test_an_owner_lifts_it_for_their_own_letter_alone(as_owner, letter, domain):
    other = make_letter()

    as_owner.post(page("domain_lift", letter, domain.pk))

    assert "have got no codes" not in shown(as_owner, letter)
    assert list(Domain.objects.frozen_for(other)) == [domain]
    assert as_owner.post(page("domain_lift", other, domain.pk)).status_code == 404
    assert list(Domain.objects.frozen_for(other)) == [domain]


@pytest.mark.parametrize("role", [Membership.Role.EDITOR, Membership.Role.REVIEWER])
def test_others_on_the_letter_read_it_and_lift_nothing(member, letter, domain, role):
    somebody = member(letter, role)

    assert "have got no codes" in shown(somebody, letter)
    assert "Send codes again" not in shown(somebody, letter)
    assert somebody.post(page("domain_lift", letter, domain.pk)).status_code == 403
    assert list(Domain.objects.frozen_for(letter)) == [domain]


def test_an_operator_lifts_it_under_operations_and_nowhere_else(as_owner, letter, domain):
    other = make_letter()
    operator = Client()
    operator.force_login(User.objects.create_user("operator@example.org", is_superuser=True))
    lifting = f"/admin/operations/domains/{domain.pk}/"

    assert operator.post(page("domain_lift", letter, domain.pk)).status_code == 404
    assert as_owner.post(lifting).status_code == 404
    assert operator.get(lifting).status_code == 405
    assert Domain.objects.get().frozen_at
    assert "example.test" in operator.get("/admin/operations/").content.decode()

    answer = operator.post(lifting, follow=True).content.decode()
    assert "Mailboxes at example.test get codes for every letter." in answer
    assert not Domain.objects.frozen_for(letter).exists()
    assert not Domain.objects.frozen_for(other).exists()


def test_a_domain_of_other_letters_is_not_there(as_owner, letter):
    other = Domain.objects.create(
        workplace=type(letter.workplaces.get()).objects.create(name="Other"), name="o.test"
    )
    bursts.freeze(other)

    assert as_owner.post(page("domain_lift", letter, other.pk)).status_code == 404
    assert Domain.objects.get(pk=other.pk).frozen_at
