"""The operators' page: switch, held mails, jobs, numbers. Nobody else finds it."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from petitions.flows import deliveries, jobs, pauses, restores, snapshots
from petitions.models import AuditEvent, Delivery, Installation, Lease, Mismatch
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db

SWITCHES = ("is_paused", "is_signing_paused", "is_opening_paused")
PAGE, SWITCH = "/admin/operations/", "/admin/operations/switch/"


@pytest.fixture
def as_operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("operator@example.org", is_superuser=True))
    return client


@pytest.fixture
def held(letter, owner):
    """A letter whose mails were held after a restore."""
    deliveries.deliver(letter, number=1, by=owner)
    snapshots.freeze_due()
    restores.hold()
    return letter


def states(letter):
    return sorted(letter.deliveries.values_list("state", flat=True))


def test_organizers_do_not_find_it(as_owner, held):
    assert as_owner.get(PAGE).status_code == 404
    assert as_owner.post(SWITCH, {"pause": "is_paused"}).status_code == 404
    assert as_owner.post(f"{PAGE}held/{held.pk}/", {"decision": "release"}).status_code == 404
    assert (states(held), Installation.objects.get().is_paused) == (["held", "held"], False)


def test_all_letters_stand_there_without_a_person_or_a_draft_s_words(as_operator, as_owner, held, draft):
    sign(held, "Ada Lovelace")
    hidden = make_letter(title="Between us", is_listed=False)
    shown = " ".join(as_operator.get(f"{PAGE}letters/").content.decode().split())

    for words in (held.title, "1 (1 named, 0 anonymous)", "2 held", "2 mails held", f"Draft no. {draft.pk}"):
        assert words in shown
    assert f"By link only, no. {hidden.pk}" in shown
    people = ["owner@example.org", "Erin Chief", "company.test", "Ada Lovelace"]
    assert [words for words in [draft.title, hidden.title, hidden.slug, *people] if words in shown] == []
    assert as_owner.get(f"{PAGE}letters/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_all_letters_need_the_same_queries(as_operator, count, django_assert_num_queries):
    for _ in range(count):
        sign(make_letter(), "Ada Lovelace")
    with django_assert_num_queries(7):  # session, person, number of letters, letters, count, mails, troubles
        assert as_operator.get(f"{PAGE}letters/").content.decode().count("1 named") == count


def test_the_switch_keeps_every_mail_back(as_operator, letter, owner):
    deliveries.deliver(letter, number=1, by=owner)
    snapshots.freeze_due()

    as_operator.post(SWITCH, {"pause": "is_paused"})
    assert Delivery.objects.due().count() == 0
    assert "Paused: no mail leaves this site but codes." in as_operator.get(PAGE).content.decode()

    as_operator.post(SWITCH, {"resume": "is_paused"})
    assert Delivery.objects.due().count() == 2


@pytest.mark.parametrize(
    ("switch", "paused", "running"),
    [
        ("is_paused", "Paused: no mail leaves", "codes are sent"),
        ("is_signing_paused", "Paused: nobody can begin to sign.", "Every open letter can be signed."),
        ("is_opening_paused", "Paused: no letter can be opened.", "Owners can open their letters."),
    ],
)
def test_each_switch_says_how_it_stands_and_is_written_down_once(as_operator, switch, paused, running):
    before = {field: getattr(Installation(), field) for field in SWITCHES}

    for _twice in range(2):
        answer = as_operator.post(SWITCH, {"pause": switch}, follow=True).content.decode()
        assert (paused in answer, running in answer) == (True, False)
        assert {field: getattr(Installation.objects.get(), field) for field in SWITCHES} == before | {
            switch: True
        }
    for _twice in range(2):
        answer = as_operator.post(SWITCH, {"resume": switch}, follow=True).content.decode()
        assert (paused in answer, running in answer) == (False, True)

    assert (
        AuditEvent.objects.filter(verb__in=[verb for pair in pauses.VERBS.values() for verb in pair]).count()
        == 2
    )


def test_owners_read_on_their_letter_that_signing_is_paused(as_operator, as_owner):
    letter = make_letter(owner=User.objects.get(email="owner@example.org"))
    says, home = "paused signing for the whole site", f"/admin/petitions/letter/{letter.pk}/change/"

    as_operator.post(SWITCH, {"pause": "is_signing_paused"})
    assert says in as_owner.get(home).content.decode()
    as_operator.post(SWITCH, {"resume": "is_signing_paused"})
    assert says not in as_owner.get(home).content.decode()


def test_a_switch_that_is_none_changes_nothing(as_operator):
    answer = as_operator.post(SWITCH, {"pause": "epoch"}, follow=True)

    assert "Please choose what to pause." in answer.content.decode()
    assert AuditEvent.objects.count() == 0


def test_no_letter_opens_while_opening_is_paused(as_operator, as_owner, draft):
    page = f"/admin/petitions/letter/{draft.pk}/open/"
    as_operator.post(SWITCH, {"pause": "is_opening_paused"})

    assert "operators paused the opening of letters" in as_owner.get(page).content.decode()
    assert as_owner.post(page).status_code == 422
    draft.refresh_from_db()
    assert draft.is_draft

    as_operator.post(SWITCH, {"resume": "is_opening_paused"})
    as_owner.post(page)
    draft.refresh_from_db()
    assert draft.is_open


def test_an_operator_reads_how_many_come_too_late(as_operator, letter, owner):
    deliveries.deliver(letter, number=1, by=owner)
    snapshots.freeze_due()
    for row in Delivery.objects.all():
        assert Lease.take(row.pk).start_body()

    answer = as_operator.post(SWITCH, {"pause": "is_paused"}, follow=True).content.decode()

    assert "2 mails were being handed to the mail server and cannot be stopped any more." in answer


def test_organizers_read_that_mails_are_held(as_owner, held):
    assert "2 mails are held" in as_owner.get(f"/admin/petitions/letter/{held.pk}/change/").content.decode()


def test_held_mails_are_released_letter_by_letter(as_operator, held):
    other = make_letter()
    deliveries.deliver(other, number=1, by=other.memberships.get().user)
    restores.hold()

    assert held.title in as_operator.get(PAGE).content.decode()
    answer = as_operator.post(f"{PAGE}held/{held.pk}/", {"decision": "release"}, follow=True)

    assert "2 mails are released." in answer.content.decode()
    assert (states(held), states(other)) == (["queued", "queued"], ["held", "held"])


def test_held_mails_that_were_sent_before_are_kept_back(as_operator, held):
    answer = as_operator.post(f"{PAGE}held/{held.pk}/", {"decision": "cancel"}, follow=True)

    assert "2 mails will not go out." in answer.content.decode()
    assert states(held) == ["cancelled", "cancelled"]


def test_jobs_and_wrong_numbers_stand_on_the_page(as_operator, letter):
    jobs.run_alone("drain_outbox", lambda: None)
    with pytest.raises(ZeroDivisionError):
        jobs.run_alone("publish_batches", lambda: 1 / 0)
    Mismatch.objects.create(letter=letter, place="page", shown=451, counted=450)

    shown = as_operator.get(PAGE).content.decode()

    for words in ("drain_outbox", "It failed; the worker&#x27;s log says why.", "shows 451, counted 450"):
        assert words in shown
