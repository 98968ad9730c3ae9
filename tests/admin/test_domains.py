from __future__ import annotations

import pytest

from petitions.flows import bursts
from petitions.models import Domain, Membership
from tests.admin.posts import page


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

    assert "Mailboxes at example.test get codes again." in answer.content.decode()
    assert "have got no codes" not in answer.content.decode()
    assert Domain.objects.get().frozen_at is None


def test_opening_the_address_lifts_nothing(as_owner, letter, domain):
    assert as_owner.get(page("domain_lift", letter, domain.pk)).status_code == 405
    assert Domain.objects.get().frozen_at


def test_a_reviewer_reads_it_and_lifts_nothing(member, letter, domain):
    reviewer = member(letter, Membership.Role.REVIEWER)

    assert "have got no codes" in shown(reviewer, letter)
    assert "Send codes again" not in shown(reviewer, letter)
    assert reviewer.post(page("domain_lift", letter, domain.pk)).status_code == 403
    assert Domain.objects.get().frozen_at


def test_a_domain_of_other_letters_is_not_there(as_owner, letter):
    other = Domain.objects.create(
        workplace=type(letter.workplaces.get()).objects.create(name="Other"), name="o.test"
    )
    bursts.freeze(other)

    assert as_owner.post(page("domain_lift", letter, other.pk)).status_code == 404
    assert Domain.objects.get(pk=other.pk).frozen_at
