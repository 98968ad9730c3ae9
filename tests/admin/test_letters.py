"""Writing a letter on one page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from petitions.flows import letters
from petitions.models import AuditEvent, Letter, Membership
from tests.admin.posts import ADD, as_stored, delivering, new_letter, page, rows
from tests.factories import make_draft, make_letter, make_workplace, sign

LIST = "/admin/petitions/letter/"


def later(**ahead: int) -> dict[str, str]:
    moment = timezone.now() + timedelta(**ahead)
    return {"closes_at_0": f"{moment:%Y-%m-%d}", "closes_at_1": f"{moment:%H:%M:%S}"}


def test_letter_is_written_on_one_page(as_owner, owner):
    workplace = make_workplace("example.test")
    answer = as_owner.post(ADD, new_letter(workplaces=[workplace.pk], goal=450))
    letter = Letter.objects.get()
    assert answer.status_code == 303
    assert answer.url == page("change", letter)
    assert (letter.slug, letter.state, letter.goal) == ("fair-rota", Letter.State.DRAFT, 450)
    assert list(letter.workplaces.all()) == [workplace]
    assert [(d.number, d.title) for d in letter.demands.all()] == [
        (1, "Plan ahead"),
        (2, "Pay for changes"),
        (3, "Listen"),
    ]
    assert [r.address for r in letter.recipients.all()] == ["chief@company.test", "people@company.test"]
    assert [m.threshold for m in letter.milestones.all()] == [50, 100]
    assert Membership.objects.values_list("user", "role").get() == (owner.pk, "owner")
    assert AuditEvent.objects.values_list("verb", flat=True).get() == "created"


def test_draft_may_be_unfinished(as_owner):
    empty = rows("demands") | rows("recipients") | rows("milestones")
    data = {
        "title": "Fair rota",
        "signing_line": "Us",
        "batch_size": 10,
        "accent": "navy",
        "is_listed": "on",
    } | empty
    assert as_owner.post(ADD, data).status_code == 303


def test_same_title_gets_another_address(as_owner):
    for _ in range(3):
        as_owner.post(ADD, new_letter())
    assert sorted(Letter.objects.values_list("slug", flat=True)) == [
        "fair-rota",
        "fair-rota-2",
        "fair-rota-3",
    ]


def test_letter_by_link_only_has_an_address_nobody_guesses(as_owner):
    as_owner.post(ADD, new_letter(is_listed=None, slug="guess-me"))
    letter = Letter.objects.get()
    assert re.fullmatch(r"[0-9a-f]{32}", letter.slug)
    as_owner.post(page("change", letter), as_stored(letter, title="Other"))
    assert Letter.objects.get().slug == letter.slug
    as_owner.post(page("change", letter), as_stored(letter, is_listed="on"))
    assert Letter.objects.get().slug == "fair-rota"


def test_title_in_another_script_gets_an_address_too(as_owner):
    as_owner.post(ADD, new_letter(title="公平なシフト"))
    assert re.fullmatch(r"[0-9a-f]{32}", Letter.objects.get().slug)


REFUSED = {
    "line break in title": ({"title": "Fair\r\nBcc: x@example.com"}, "Please leave out line breaks"),
    "line separator in title": ({"title": "Fair\u2028rota"}, "Please leave out line breaks"),
    "direction override": ({"title": "Fair\u202erota"}, "Please leave out line breaks"),
    "NUL in title": ({"title": "Fair\x00rota"}, "Please leave out line breaks"),
    "NUL in text": ({"text": "Fair\x00rota"}, "Please leave out control characters."),
    "control in line": ({"signing_line": "Us\x07"}, "Please leave out line breaks"),
    "control in recipient": ({"recipients-0-name": "Erin\nBcc: x"}, "Please leave out line breaks"),
    "control in demand": ({"demands-0-title": "Plan\x1b"}, "Please leave out line breaks"),
    "no title": ({"title": ""}, "Please fill this in."),
    "long title": ({"title": "x" * 201}, "at most 200 characters"),
    "long text": ({"text": "x" * 200_001}, "at most 200000 characters"),
    "address taken": ({"slug": "taken"}, "Another letter has this address."),
    "address with spaces": ({"slug": "a b"}, "valid “slug”"),
    "no goal": ({"goal": 0}, "A goal is above zero."),
    "negative goal": ({"goal": -1}, "greater than or equal to 0"),
    "huge goal": ({"goal": 10**30}, "less than or equal to"),
    "small batch": ({"batch_size": 4}, "At least 5:"),
    "bad contact": ({"contact_address": "nobody"}, "Please type an address like"),
    "contact with header": ({"contact_address": "a@b.test\nBcc: c@d.test"}, "Please type an address like"),
    "closes in the past": (later(days=-1), "This time is in the past."),
    "demand twice": ({"demands-0-number": 2, "demands-1-number": 2}, "Two demands have the number 2."),
    "demand without title": ({"demands-0-title": "", "demands-0-text": "Why"}, "Please fill this in."),
    "recipient twice": ({"recipients-1-address": "CHIEF@company.test"}, "This address stands twice."),
    "recipient without address": ({"recipients-1-address": ""}, "Please fill this in."),
    "recipient quoted": ({"recipients-1-address": '"a b"@company.test'}, "Please type an address like"),
    "milestone twice": ({"milestones-1-threshold": 50}, "The milestone 50 stands twice."),
    "milestone zero": ({"milestones-1-threshold": 0}, "A milestone is above zero."),
    "milestone no number": ({"milestones-1-threshold": "many"}, "Enter a whole number."),
    "no such workplace": ({"workplaces": ["999"]}, "Select a valid choice."),
    "no management": ({"demands-TOTAL_FORMS": None}, "ManagementForm data is missing"),
}


@pytest.mark.parametrize(("changes", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_refusals_say_why_and_keep_what_was_typed(as_owner, changes, sentence):
    make_draft(slug="taken")
    before = Letter.objects.count()
    answer = as_owner.post(ADD, new_letter(**{"text": "A text to keep.", **changes}))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in shown
    assert "A text to keep." in shown or "text" in changes
    assert Letter.objects.count() == before


def test_closing_before_opening_is_refused(as_owner):
    opens = timezone.now() + timedelta(days=9)
    data = new_letter(**later(days=8), opens_at_0=f"{opens:%Y-%m-%d}", opens_at_1="12:00:00")
    answer = as_owner.post(ADD, data)
    assert answer.status_code == 422
    assert "It has to close after it opens." in answer.content.decode()


def test_201_recipients_are_too_many(as_owner, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
    people = [{"name": f"Person {n}", "address": f"p{n}@company.test"} for n in range(201)]
    answer = as_owner.post(ADD, new_letter(**rows("recipients", *people)))
    assert answer.status_code == 422
    assert "Please name at most 200 recipients." in answer.content.decode()


def test_a_number_of_rows_that_nobody_typed_makes_no_rows(as_owner):
    """A few bytes would cost the site seconds."""
    typed = {"demands": 3, "recipients": 2, "milestones": 3}
    counted = {f"{name}-TOTAL_FORMS": "9999" for name in typed}

    answer = as_owner.post(ADD, new_letter(**counted))

    page = answer.content.decode()
    made = {name: len(set(re.findall(rf'name="{name}-(\d+)-', page))) for name in typed}
    assert (answer.status_code, made) == (422, typed)
    for sentence in (
        "Please make at most 50 demands.",
        "Please name at most 200 recipients.",
        "Please set at most 50 milestones.",
    ):
        assert sentence in page


def test_numbers_say_the_order_of_demands_and_gaps_close(as_owner, draft):
    first, second = draft.demands.all()
    data = as_stored(draft) | rows(
        "demands",
        {"id": first.pk, "number": 7, "title": "Second"},
        {"id": second.pk, "number": 3, "title": "First"},
        {"number": "", "title": "Last"},
        {"number": 5, "title": "Between"},
        initial=2,
    )
    assert as_owner.post(page("change", draft), data).status_code == 303
    assert [(d.number, d.title) for d in draft.demands.all()] == [
        (1, "First"),
        (2, "Between"),
        (3, "Second"),
        (4, "Last"),
    ]


def test_removing_a_demand_closes_the_gap(as_owner, draft):
    data = as_stored(draft) | {"demands-0-DELETE": "on"}
    assert as_owner.post(page("change", draft), data).status_code == 303
    assert [(d.number, d.title) for d in draft.demands.all()] == [(1, "Pay for changes")]


def test_recipients_may_swap_addresses(as_owner, draft):
    first, second = draft.recipients.all()
    data = as_stored(draft) | {"recipients-0-address": second.address, "recipients-1-address": first.address}
    assert as_owner.post(page("change", draft), data).status_code == 303
    assert [r.address for r in draft.recipients.all()] == [second.address, first.address]


def test_address_of_a_removed_recipient_is_free(as_owner, draft):
    first, second = draft.recipients.all()
    data = as_stored(draft) | {"recipients-1-DELETE": "on", "recipients-0-address": second.address}
    assert as_owner.post(page("change", draft), data).status_code == 303
    assert [(r.name, r.address) for r in draft.recipients.all()] == [(first.name, second.address)]


def test_milestones_may_move_up_row_by_row(as_owner, draft):
    for threshold in (50, 100, 250):
        draft.milestones.create(threshold=threshold)
    numbers = zip(draft.milestones.all(), (25, 50, 100), strict=True)
    given = [{"id": milestone.pk, "threshold": number} for milestone, number in numbers]
    data = as_stored(draft) | rows("milestones", *given, {"threshold": 250}, initial=3)
    assert as_owner.post(page("change", draft), data).status_code == 303
    assert [m.threshold for m in draft.milestones.all()] == [25, 50, 100, 250]


def test_open_letter_keeps_its_words(as_owner, letter):
    frozen = {name: getattr(letter, name) for name in ("title", "text", "slug", "signing_line", "is_listed")}
    other = make_workplace("other.test")
    data = as_stored(
        letter,
        title="Changed",
        text="Changed",
        slug="changed",
        signing_line="Changed",
        is_listed=None,
        batch_size=99,
        workplaces=[other.pk],
        state="closed",
        opens_at_0="2020-01-01",
        opens_at_1="00:00:00",
        goal=1000,
        contact_address="answers@union.test",
        **later(days=3),
    ) | {"demands-0-title": "Changed", "demands-0-number": 9, "demands-0-status": "partly"}
    assert as_owner.post(page("change", letter), data).status_code == 303
    now = Letter.objects.get()
    assert {name: getattr(now, name) for name in frozen} == frozen
    assert (now.batch_size, now.state, now.opens_at) == (10, "open", letter.opens_at)
    assert other not in now.workplaces.all()
    assert (now.goal, now.contact_address) == (1000, "answers@union.test")
    assert now.closes_at is not None
    assert next((d.number, d.title, d.status) for d in now.demands.all()) == (
        1,
        "Publish the rota two weeks ahead",
        "partly",
    )


def test_open_letter_gets_no_demand_and_loses_none(as_owner, letter):
    demands = [{"id": demand.pk, "status": "unanswered", "DELETE": "on"} for demand in letter.demands.all()]
    data = as_stored(letter) | rows("demands", *demands, {"title": "One more", "number": 3}, initial=2)
    as_owner.post(page("change", letter), data)
    assert letter.demands.count() == 2


def test_open_letter_gets_recipients_and_milestones(as_owner, letter):
    recipients = [
        {"id": r.pk, "name": r.name, "role": r.role, "address": r.address} for r in letter.recipients.all()
    ]
    data = as_stored(letter)
    data |= rows("recipients", *recipients, {"name": "Third", "address": "third@company.test"}, initial=2)
    data |= rows("milestones", {"threshold": 10})
    assert as_owner.post(page("change", letter), data).status_code == 303
    assert letter.recipients.count() == 3
    assert letter.milestones.get().threshold == 10


def test_who_was_written_to_stays_as_written(as_owner, letter):
    as_owner.post(page("deliver", letter), delivering(letter, 1, while_open="on"))
    first = letter.recipients.first()
    data = as_stored(letter) | {
        "recipients-0-name": "Changed",
        "recipients-0-address": "changed@company.test",
    }
    assert as_owner.post(page("change", letter), data).status_code == 303
    first.refresh_from_db()
    assert first.name == "Erin Chief"
    answer = as_owner.post(page("change", letter), as_stored(letter) | {"recipients-0-DELETE": "on"})
    assert answer.status_code == 422
    assert "Erin Chief was written to and stays on the letter." in answer.content.decode()


def test_reached_milestone_stays(as_owner, letter):
    milestone = letter.milestones.create(threshold=1)
    sign(letter, "Ada Lovelace")
    milestone.mark_reached(1)
    data = as_stored(letter)
    as_owner.post(page("change", letter), data | {"milestones-0-threshold": 5})
    assert [m.threshold for m in letter.milestones.all()] == [1]
    answer = as_owner.post(page("change", letter), data | {"milestones-0-DELETE": "on"})
    assert answer.status_code == 422
    assert "A milestone that was reached stays." in answer.content.decode()


def test_only_drafts_are_deleted(as_owner, letter, draft):
    answer = as_owner.post(page("delete", letter), {"post": "yes"})
    assert answer.status_code == 403
    assert "Only a draft can be deleted, and only by its owner." in answer.content.decode()
    assert as_owner.get(page("delete", draft)).status_code == 200
    assert as_owner.post(page("delete", draft), {"post": "yes"}).status_code == 302
    assert list(Letter.objects.all()) == [letter]


def test_djangos_log_stays_empty(as_owner, draft):
    as_owner.post(ADD, new_letter())
    as_owner.post(page("change", draft), as_stored(draft, title="Better"))
    as_owner.post(page("delete", draft), {"post": "yes"})
    assert not LogEntry.objects.exists()
    verbs = AuditEvent.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["created", "created", "edited", "draft_deleted"]


@pytest.mark.parametrize("number", [1, 3])
def test_list_needs_the_same_queries_for_one_and_for_three(
    as_owner, owner, number, django_assert_num_queries
):
    for _ in range(number):
        letter = make_letter(owner=owner, title="Fair rota")
        sign(letter, "Ada Lovelace")
        sign(letter, "Grace Hopper")
    with django_assert_num_queries(5):  # session, person, two counts, rows
        answer = as_owner.get(LIST)
    assert answer.content.decode().count('<td class="field-signatures">2</td>') == number


def test_list_says_how_letters_stand(as_owner, letter):
    """Delivered is what a mail server got: not what an operator holds, nor what was refused or cancelled."""

    def says() -> list[str]:
        home = as_owner.get(page("change", letter)).content.decode()
        is_delivered = "is-delivered" in home
        assert is_delivered == ("open, delivered" in as_owner.get(LIST).content.decode())
        told = {"have not left yet": "leaving", "deliver it again": "again", "and deliver it.": "deliver"}
        return [word for sentence, word in told.items() if sentence in home] + ["delivered"] * is_delivered

    def become(state: str, **fields: object) -> None:
        letter.deliveries.letters().update(state=state, **fields)

    as_owner.post(page("deliver", letter), delivering(letter, 1, while_open="on"))
    assert says() == ["leaving"]
    become("refused", finished_at=timezone.now())
    assert says() == ["deliver"]
    become("accepted", body_started_at=timezone.now())
    assert says() == ["again", "delivered"]


@pytest.mark.parametrize("extra", [1, 3])
def test_page_needs_the_same_queries_for_one_and_for_three(
    as_owner, letter, extra, django_assert_num_queries
):
    for number in range(extra):
        letter.recipients.create(name=f"Person {number}", address=f"p{number}@company.test")
        letter.milestones.create(threshold=100 + number)
        letter.demands.create(number=10 + number, title="More")
    as_owner.get(page("edit", letter))  # what a process remembers from its first page on
    with django_assert_num_queries(
        16
    ):  # of them six for what it will be compared with, two for its transaction
        assert as_owner.get(page("edit", letter)).status_code == 200


def test_closed_letter_keeps_its_time(as_owner, letter, owner):
    letters.close(letter, by=owner)
    assert as_owner.post(page("change", letter), as_stored(letter, **later(days=3))).status_code == 303
    assert Letter.objects.get().closes_at is None
