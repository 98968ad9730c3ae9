from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from petitions.models import Domain, Workplace
from tests.admin.posts import rows
from tests.factories import make_workplace

LIST = "/admin/petitions/workplace/"
ADD = LIST + "add/"


def named(*domains: str, name: str = "Example Works") -> dict[str, object]:
    return {"name": name, "head_count": 1200} | rows("domains", *({"name": domain} for domain in domains))


@pytest.fixture
def as_operator(db) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("operator@example.org", is_superuser=True))
    return client


def test_organizer_adds_a_workplace(as_owner):
    assert as_owner.post(ADD, named("Works.Example.COM", "bücher.example")).status_code == 302
    assert [domain.name for domain in Domain.objects.all()] == ["works.example.com", "xn--bcher-kva.example"]
    assert Workplace.objects.get().head_count == 1200


@pytest.mark.parametrize(
    ("domain", "sentence"),
    [
        ("gmail.com", "Anybody can have a mailbox at gmail.com"),
        ("GMX.at", "Anybody can have a mailbox at gmx.at"),
        ("yahoo.co.uk", "Anybody can have a mailbox at yahoo.co.uk"),
        ("web.de", "Anybody can have a mailbox at web.de"),
        ("proton.me", "Anybody can have a mailbox at proton.me"),
        ("someone@works.example", "Please type only what stands after the @."),
        ("localhost", "Please type a mail domain like example.com."),
        ("*.works.example", "Please type a mail domain like example.com."),
        ("works example.com", "Please type a mail domain like example.com."),
        ("works\x00.example", "Please leave out line breaks and control characters."),
        ("taken.test", "A workplace has this domain already: please choose that one."),
        ("", "Please name at least one mail domain."),
    ],
)
def test_domains_that_show_no_employment_are_refused(as_owner, domain, sentence):
    make_workplace("taken.test")
    answer = as_owner.post(ADD, named(domain))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Workplace.objects.count() == 1


@pytest.mark.parametrize("domain", ["live.works.example", "outlook.works.example", "yahoo.works"])
def test_domains_that_only_look_like_free_mail_are_taken(as_owner, domain):
    assert as_owner.post(ADD, named(domain)).status_code == 302


LOOKALIKES = [
    ("xn--mazon-3ve.com", "аmazon.com looks like amazon.com."),
    ("xn--mazon-3ve.com", "mixes letters of several scripts that look alike."),
    ("rnicrosoft.com", "rnicrosoft.com looks like microsoft.com."),
    ("taken-1ift.test", "taken-1ift.test looks like taken-lift.test."),
]


@pytest.mark.parametrize(("domain", "sentence"), LOOKALIKES)
def test_a_look_alike_is_warned_of_and_has_to_be_meant(as_owner, domain, sentence):
    make_workplace("taken-lift.test")
    answer = as_owner.post(ADD, named(domain))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Domain.objects.count() == 1

    assert as_owner.post(ADD, named(domain) | {"domains-0-is_meant": "on"}).status_code == 302
    assert sentence in as_owner.get(LIST).content.decode()


def test_a_workplace_s_own_domains_and_plain_ones_are_not_warned_of(as_operator, as_owner):
    assert as_owner.post(ADD, named("works.example", "bücher.example")).status_code == 302
    assert "looks like" not in as_owner.get(LIST).content.decode()
    workplace = Workplace.objects.get()
    first, second = workplace.domains.all()
    data = named(name="Example Works") | rows(
        "domains",
        {"id": first.pk, "name": first.name},
        {"id": second.pk, "name": second.name},
        {"name": "w0rks.example"},
        initial=2,
    )
    assert as_operator.post(f"{LIST}{workplace.pk}/change/", data).status_code == 302


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_warns_without_more_queries_for_more_workplaces(
    as_owner, count, django_assert_max_num_queries
):
    for number in range(count):
        make_workplace(f"w{number}.example")
    with django_assert_max_num_queries(9):
        as_owner.get(LIST)


def test_same_domain_twice_is_refused(as_owner):
    answer = as_owner.post(ADD, named("works.example", "WORKS.example"))
    assert answer.status_code == 422
    assert "This domain stands twice." in answer.content.decode()


def test_same_name_twice_is_refused(as_owner):
    make_workplace("taken.test", name="Example Works")
    answer = as_owner.post(ADD, named("works.example"))
    assert "There is a workplace with this name: please choose it." in answer.content.decode()


def test_organizer_reads_and_changes_none(as_owner):
    workplace = make_workplace("works.example", name="Example Works")
    path = f"{LIST}{workplace.pk}/change/"
    assert "works.example" in as_owner.get(LIST).content.decode()
    assert as_owner.get(path).status_code == 200
    answer = as_owner.post(path, named("other.example", name="Mine"))
    assert answer.status_code == 403
    assert "Workplaces are shared: only operators change them." in answer.content.decode()
    assert as_owner.post(f"{LIST}{workplace.pk}/delete/", {"post": "yes"}).status_code == 403
    assert [str(domain) for domain in workplace.domains.all()] == ["works.example"]


def test_operator_mends_a_workplace(as_operator):
    workplace = make_workplace("works.example", name="Example Works")
    domain = workplace.domains.get()
    data = named(name="Example Works Ltd") | rows(
        "domains", {"id": domain.pk, "name": "works.test"}, initial=1
    )
    assert as_operator.post(f"{LIST}{workplace.pk}/change/", data).status_code == 302
    assert [str(domain) for domain in workplace.domains.all()] == ["works.test"]
    assert as_operator.post(f"{LIST}{workplace.pk}/delete/", {"post": "yes"}).status_code == 302


def test_workplace_of_a_letter_stays(as_operator, draft):
    workplace = draft.workplaces.get()
    assert as_operator.post(f"{LIST}{workplace.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Workplace.objects.filter(pk=workplace.pk).exists()
