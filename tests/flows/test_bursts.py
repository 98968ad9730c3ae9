from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from limits import RateLimitItemPerDay
from redis import Redis

from petitions import limits, mail
from petitions.codes import sender
from petitions.flows import bursts, letters
from petitions.models import AuditEvent, Delivery, Domain, Signature
from tests.factories import make_letter, make_user, make_workplace
from tests.views.signing import ask, sign, type_code

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(monkeypatch) -> Iterator[None]:
    """The same rules with numbers that a test reaches; no mail arrives in the next one."""
    monkeypatch.setattr(bursts, "UNTYPED", 5)
    monkeypatch.setattr(bursts, "FEWEST", 3)
    yield
    sender.drain(10)


def go_through(letter, number, *, start=0):
    """Somebody asks for a code for mailbox after mailbox."""
    return [ask(Client(), letter, f"person{start + each}@example.test") for each in range(number)]


def frozen(name="example.test"):
    return Domain.objects.get(name=name).frozen_at is not None


def told():
    return sorted(Delivery.objects.filter(kind="burst").values_list("user__email", flat=True))


def test_a_burst_over_a_directory_stops_the_codes_and_is_told(mails):
    letter = make_letter(owner=make_user("owner@example.org"))

    go_through(letter, 5)
    assert not frozen()
    go_through(letter, 3, start=5)
    sender.drain(60)

    assert frozen()
    assert len(mails.mails) == 5
    assert told() == ["owner@example.org"]
    assert AuditEvent.objects.filter(verb="domain_frozen", letter=letter).count() == 1


def test_whoever_asks_sees_no_difference(mails):
    letter = make_letter()

    before, after = go_through(letter, 5), go_through(letter, 5, start=5)

    def seen(answer):
        """Status, headers, body and cookie, without the sealed value and the second of the clock."""
        cookie, clock = answer.cookies["sign"], {"Expires": "", "expires": ""}
        headers, traits = dict(answer.headers) | clock, dict(cookie) | clock
        return answer.status_code, headers, answer.content, traits, len(cookie.value)

    assert frozen()
    assert {str(seen(answer)) for answer in after} == {str(seen(before[0]))}


INSIDE = {"cmdstat_incrby", "cmdstat_expire"}  # what the counter's script does within Redis


def work(letter, address):
    """How much the database and Redis are asked for one request."""
    with Redis(unix_socket_path=settings.REDIS_URL.removeprefix("unix://")) as redis:

        def calls():
            told = redis.info("commandstats")
            return sum(told[name]["calls"] for name in told.keys() - INSIDE)

        before = calls()
        with CaptureQueriesContext(connection) as queries:
            assert ask(Client(), letter, address).status_code == 303
        return len(queries), calls() - before


def test_it_is_as_much_work_as_before(mails):
    letter = make_letter()
    work(letter, "first@example.test")  # what a process and a counter do once

    fresh, again = work(letter, "ada@example.test"), work(letter, "ada@example.test")
    bursts.freeze(Domain.objects.get())

    assert {work(letter, "grace@example.test"), work(letter, "ada@example.test"), again} == {fresh}

    make_letter()  # it stays frozen for this one
    lift(letter)
    assert work(letter, "lifted@example.test") == fresh


def test_a_frozen_domain_gets_no_new_code_for_an_old_request_either(client, mails):
    letter = make_letter()
    ask(client, letter)
    mails.code("ada@example.test")
    bursts.freeze(Domain.objects.get())

    assert client.post(f"/letters/{letter.slug}/code/again/").status_code == 303
    ask(Client(), make_letter(domains=("other.test",)), "grace@other.test")
    sender.drain(60)

    assert len(mails.to("ada@example.test")) == 1


def test_a_code_that_was_sent_before_still_signs(client, mails):
    letter = make_letter()
    ask(client, letter)
    bursts.freeze(Domain.objects.get())

    assert type_code(client, letter, mails.code("ada@example.test")).status_code == 303
    assert Signature.objects.count() == 1


def test_a_rush_of_people_who_type_their_codes_is_no_burst(mails):
    letter = make_letter()
    for number in range(7):
        sign(Client(), letter, mails, f"typing{number}@example.test")
    go_through(letter, 6)  # more than the threshold, fewer than those who signed

    assert not frozen()
    assert Signature.objects.count() == 7


def test_one_mailbox_that_asks_often_is_one(mails):
    letter = make_letter()

    for spelling in ("ada@example.test", "ADA@example.test", "ada+1@example.test") * 4:
        ask(Client(), letter, spelling)

    assert not frozen()


def test_a_domain_is_counted_by_itself(mails):
    letter = make_letter(domains=("example.test", "works.test"))
    for number in range(5):
        ask(Client(), letter, f"person{number}@example.test")
        ask(Client(), letter, f"person{number}@works.test")

    assert not Domain.objects.filter(frozen_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("head_count", "expected"), [(None, 750), (20, 50), (200, 150), (900, 675), (100_000, 750)]
)
def test_a_small_workplace_has_a_smaller_directory(monkeypatch, head_count, expected):
    monkeypatch.undo()
    workplace = make_workplace("works.test")
    workplace.head_count = head_count

    assert bursts.threshold(workplace.head_count) == expected


def test_every_open_letter_of_the_domain_is_told_once():
    open_ones = [make_letter(owner=make_user(f"owner{number}@example.org")) for number in range(2)]
    letters.close(make_letter(owner=make_user("closed@example.org")))
    make_letter(domains=("other.test",), owner=make_user("other@example.org"))

    for _ in range(2):
        bursts.freeze(Domain.objects.get(name="example.test"))

    assert told() == ["owner0@example.org", "owner1@example.org"]
    assert AuditEvent.objects.filter(verb="domain_frozen").count() == len(open_ones)


def test_the_alert_names_no_mailbox_and_leads_to_the_workspace():
    letter = make_letter(title="A fair rota")
    bursts.freeze(Domain.objects.get())

    message = mail.compose(Delivery.objects.get(kind="burst"))

    assert message.subject == "Codes for your letter are stopped"
    assert "A fair rota" in message.text
    assert "A fair rota" in message.html
    assert "@" not in message.text
    assert f"/admin/petitions/letter/{letter.pk}/change/" in message.text


def test_when_it_is_lifted_codes_leave_and_counting_begins_anew(mails):
    letter = make_letter()
    go_through(letter, 7)
    owner = letter.memberships.get().user

    assert bursts.lift(Domain.objects.get(), letter=letter, by=owner)
    assert not bursts.lift(Domain.objects.get(), letter=letter, by=owner)

    go_through(letter, 5, start=10)
    mails.code("person14@example.test")
    assert not frozen()
    assert AuditEvent.objects.get(verb="domain_lifted").actor == owner

    go_through(letter, 1, start=20)
    assert frozen()
    assert len(told()) == 2


@pytest.fixture
def two():
    """Letters of one workplace, with an owner each."""
    return [make_letter(owner=make_user(f"owner{number}@example.org")) for number in range(2)]


def lift(letter):
    return bursts.lift(Domain.objects.get(), letter=letter, by=letter.memberships.get().user)


def stopped(letters):
    return [letter for letter in letters if Domain.objects.frozen_for(letter).exists()]


def test_it_is_lifted_for_one_letter_and_stays_for_the_others(mails, two):
    bursts.freeze(Domain.objects.get())

    assert lift(two[0])
    assert not lift(two[0])
    assert stopped(two) == two[1:]
    ask(Client(), two[1], "stopped@example.test")
    ask(Client(), two[0], "served@example.test")
    mails.code("served@example.test")
    sender.drain(10)

    assert mails.to("stopped@example.test") == []


def test_it_is_over_when_it_was_lifted_for_the_last_open_letter(two):
    closed = make_letter()
    letters.close(closed)
    bursts.freeze(Domain.objects.get())

    assert lift(two[0])
    assert frozen()
    assert lift(two[1])
    assert not frozen()
    assert stopped([*two, closed]) == []


def test_the_next_burst_stops_the_letter_that_was_let_go_on_and_tells_it_alone(mails, two):
    bursts.freeze(Domain.objects.get())
    lift(two[0])
    told_before = told()

    go_through(two[0], 7)
    bursts.freeze(Domain.objects.get())

    assert stopped(two) == two
    assert told() == sorted([*told_before, "owner0@example.org"])


def test_who_goes_on_asking_where_it_is_frozen_stops_no_other_letter(mails, two):
    bursts.freeze(Domain.objects.get())
    lift(two[0])

    go_through(two[1], 12)

    assert stopped(two) == two[1:]


def test_an_operator_lifts_it_for_all(two):
    operator = make_user("operator@example.org", is_superuser=True)
    bursts.freeze(Domain.objects.get())
    lift(two[0])

    assert bursts.lift_everywhere(Domain.objects.get(), by=operator)
    assert not bursts.lift_everywhere(Domain.objects.get(), by=operator)

    assert (stopped(two), frozen()) == ([], False)
    assert [event.letter for event in AuditEvent.objects.filter(verb="domain_lifted")] == [None, two[0]]
    bursts.freeze(Domain.objects.get())
    assert stopped(two) == two


def test_without_redis_it_is_counted_in_memory(mails, monkeypatch):
    monkeypatch.setattr(limits, "_shared", lambda: limits.storage_from_string("redis+unix:///nowhere.sock"))
    letter = make_letter(domains=("memory.test",))

    for number in range(6):
        ask(Client(), letter, f"person{number}@memory.test")

    assert frozen("memory.test")


def test_a_mailbox_gets_three_codes_a_day_where_nothing_else_is_set(mails, monkeypatch):
    monkeypatch.setattr(limits, "CODES", RateLimitItemPerDay(3, 1, "codes-a-day"))
    letter = make_letter()

    answers = [ask(Client(), letter, "busy@example.test") for _ in range(4)] + go_through(letter, 1)
    sender.drain(60)

    assert {answer.status_code for answer in answers} == {303}
    assert len(mails.to("busy@example.test")) == 3
