from __future__ import annotations

import pytest
from django.test import Client
from limits import RateLimitItemPerHour

from accounts.models import User
from petitions import limits, mail
from petitions.models import AuditEvent, Delivery, Report
from tests.factories import make_draft, make_letter, make_user

pytestmark = pytest.mark.django_db

TEXT = "It threatens my neighbour."


@pytest.fixture
def operator():
    return User.objects.create_user("operator@example.org", is_superuser=True)


def report(about, client=None, **fields):
    return (client or Client()).post("/abuse/", {"letter": about.url, "text": TEXT} | fields)


def test_a_report_reaches_the_operators_and_nobody_else(operator):
    letter = make_letter()
    make_user("somebody@example.org")

    assert report(letter).status_code == 200

    assert (Report.objects.get().letter, Report.objects.get().text) == (letter, TEXT)
    assert list(Delivery.objects.values_list("kind", "user__email")) == [("report", "operator@example.org")]


def test_the_mail_does_not_quote_it_and_leads_to_the_operators_page(operator):
    letter = make_letter(title="A fair rota")
    report(letter)

    message = mail.compose(Delivery.objects.get())

    assert message.to == "operator@example.org"
    assert "A fair rota" in message.text
    assert "http://testserver/admin/operations/" in message.text
    assert TEXT not in message.text + message.html


def test_an_operator_reads_it_and_erases_it(client, operator):
    report(make_letter())
    client.force_login(operator)
    page = client.get("/admin/operations/").content.decode()
    assert TEXT in page

    client.post(f"/admin/operations/reports/{Report.objects.get().pk}/")

    assert not Report.objects.exists()
    assert AuditEvent.objects.filter(verb="report_finished", actor=operator).count() == 1


def test_organizers_do_not_see_it(client):
    letter = make_letter()
    report(letter)
    client.force_login(letter.memberships.get().user)

    assert client.post(f"/admin/operations/reports/{Report.objects.get().pk}/").status_code == 404
    assert TEXT not in client.get(f"/admin/petitions/letter/{letter.pk}/change/").content.decode()
    assert Report.objects.exists()


@pytest.mark.parametrize(
    "typed", ["{url}", "{path}", "{slug}", " {url}signatures/?page=2 ", "{url}#signatories"]
)
def test_the_address_is_taken_as_people_copy_it(typed):
    letter = make_letter()

    typed = typed.format(url=letter.url, path=letter.get_absolute_url(), slug=letter.slug)

    assert report(letter, letter=typed).status_code == 200
    assert Report.objects.get().letter == letter


def test_a_draft_is_as_unknown_as_a_letter_that_is_not_there():
    draft = make_draft()

    answers = [report(draft), report(draft, letter="http://testserver/letters/none/")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("There is no letter at this address." in answer.content.decode() for answer in answers)
    assert not Report.objects.exists()


@pytest.mark.parametrize("fields", [{"text": ""}, {"text": "   "}, {"letter": ""}, {"text": "x" * 2_001}])
def test_what_is_missing_or_too_long_is_said_and_nothing_typed_is_lost(fields):
    answer = report(make_letter(), **fields)

    assert answer.status_code == 422
    assert not Report.objects.exists()


def test_opening_the_page_reports_nothing(client):
    letter = make_letter()

    for method in (client.get, client.head):
        assert method("/abuse/", {"letter": letter.slug, "text": TEXT}).status_code == 200

    assert not Report.objects.exists()


def test_who_reports_too_often_is_told_when_to_come_back(monkeypatch):
    monkeypatch.setattr(limits, "TAKEDOWNS", RateLimitItemPerHour(1, 1, "one-report"))
    letter = make_letter()

    answers = [report(letter) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1]["Retry-After"] == "3600"


def test_what_another_site_forged_is_refused():
    assert report(make_letter(), Client(enforce_csrf_checks=True)).status_code == 403
    assert not Report.objects.exists()
