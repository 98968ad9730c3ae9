"""Letters as other people's programs read them: field by field, page by page, and no more than the pages say."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from petitions.api import cursors
from petitions.crypto import typed
from petitions.flows import batches, deliveries, letters, snapshots
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import Shown
from petitions.models import Appear, Letter, Signature, Snapshot
from tests.factories import make_letter, make_user, sign, sign_many, sign_sealed, signature_of

pytestmark = pytest.mark.django_db

LIST = "/api/v1/letters/"
SITE = "http://testserver"


def read(client, address, **query):
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def of(letter, end=""):
    return f"{LIST}{letter.slug}/{end}"


def pages(client, address, part, between=lambda: None):
    """All rows, page by page, as a program follows `next`."""
    rows, sizes = [], []
    while address:
        page = read(client, address)
        rows += page[part]
        sizes.append(len(page[part]))
        address = page["next"]
        assert address is None or address.startswith(f"{SITE}/api/v1/letters/")
        between()
    return rows, sizes


def test_the_list_has_public_letters_that_were_opened(client):
    first, second, third = make_letter(), make_letter(), make_letter()
    sign(first, "Ada Lovelace")
    letters.close(second)
    letters.close(third)
    Letter.objects.filter(pk=third.pk).update(state=Letter.State.ARCHIVED)

    listed = read(client, LIST)

    nobody = {"total": 0, "named": 0, "anonymous": {"sealed": 0, "by_policy": 0}, "by_proof": {}}
    one = nobody | {"total": 1, "named": 1, "by_proof": {"mailbox": 1}}
    assert listed == {
        "letters": [
            {"slug": third.slug, "title": third.title, "state": "archived", "count": nobody},
            {"slug": second.slug, "title": second.title, "state": "closed", "count": nobody},
            {"slug": first.slug, "title": first.title, "state": "open", "count": one},
        ],
        "next": None,
    }


def test_a_letter_is_told_whole(client):
    letter = make_letter(
        batch_size=5,
        goal=100,
        milestones=(1, 50),
        closes_at=now() + timedelta(days=9),
        contact_address="a@b.test",
    )
    sign(letter, "Ada Lovelace")
    for _ in range(5):
        sign_sealed(letter)
    batches.publish_full(letter)
    letter.milestones.filter(threshold=1).update(reached_at="2026-01-02T03:04Z", count_seen=6)
    letter.refresh_from_db()

    assert read(client, of(letter)) == {
        "slug": letter.slug,
        "title": letter.title,
        "state": "open",
        "workplaces": [letter.workplaces.get().name],
        "addressed_to": [
            {"name": "Erin Chief", "role": "Chief executive"},
            {"name": "Pat Person", "role": "People"},
        ],
        "text_html": "<p>We ask for a <em>fair</em> rota.</p>\n",
        "version": {"number": 1, "sha256": letter.version.sha256},
        "demands": [
            {
                "number": 1,
                "title": "Publish the rota two weeks ahead",
                "text": "So that people can plan.",
                "status": "unanswered",
            },
            {"number": 2, "title": "Pay for changes", "text": "", "status": "unanswered"},
        ],
        "count": {
            "total": 6,
            "named": 1,
            "anonymous": {"sealed": 5, "by_policy": 0},
            "by_proof": {"mailbox": 6},
        },
        "on_paper": {"number": 0, "entries": []},
        "goal": 100,
        "milestones": [
            {"threshold": 1, "reached_on": "2026-01-02"},
            {"threshold": 50, "reached_on": None},
        ],
        "opens_at": as_json(letter.opens_at),
        "closes_at": as_json(letter.closes_at),
        "delivered_at": None,
        "responses": [],
        "updates": [],
    }


def as_json(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_what_came_of_it_is_told(client):
    letter = make_letter()
    recipient, demand = letter.recipients.first(), letter.demands.get(number=2)
    letter.demands.filter(number=2).update(status="partly")
    letter.responses.create(recipient=recipient, text="*Thanks.*", responded_at="2026-01-03T04:05Z")
    letter.responses.create(recipient=recipient, demand=demand, text="No.", responded_at="2026-01-04T05:06Z")
    letter.updates.create(title="Handed over", text="To **both**.", posted_at="2026-01-02T03:04Z")
    deliver(letter)

    told = read(client, of(letter))

    who = {"name": "Erin Chief", "role": "Chief executive"}
    assert told["responses"] == [
        who
        | {
            "demand": None,
            "status": "",
            "text_html": "<p><em>Thanks.</em></p>\n",
            "responded_on": "2026-01-03",
        },
        who | {"demand": 2, "status": "", "text_html": "<p>No.</p>\n", "responded_on": "2026-01-04"},
    ]
    assert told["updates"] == [
        {
            "title": "Handed over",
            "text_html": "<p>To <strong>both</strong>.</p>\n",
            "posted_on": "2026-01-02",
        }
    ]
    assert told["delivered_at"] == "2026-01-01T00:00:00Z"
    assert [demand["status"] for demand in told["demands"]] == ["unanswered", "partly"]


def deliver(letter):
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    Snapshot.objects.update(first_body_at="2026-01-01T00:00Z")
    letter.deliveries.letters().update(state="accepted", finished_at="2026-01-01T00:00Z")


def test_the_text_in_force_is_told_with_its_number(client):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    letter.title, letter.text = "A fairer rota", "Corrected."
    letter.save()
    second = letters.correct(letter, by=letter.memberships.get().user)
    sign(letter, "Grace Hopper")

    told = read(client, of(letter))

    assert (told["title"], told["text_html"]) == ("A fairer rota", "<p>Corrected.</p>\n")
    assert told["version"] == {"number": 2, "sha256": second.sha256}
    found = [(row["name"], row["version"]) for row in read(client, of(letter, "signatures/"))["signatures"]]
    assert sorted(found) == [("Ada Lovelace", 1), ("Grace Hopper", 2)]


def test_signatures_are_told_as_the_public_sees_them(client):
    letter = make_letter(batch_size=5)
    sign(letter, "Zoë Last", role="Engineer", statement="Because.")
    Signature.objects.update(shows_statement=True)
    sign(letter, "Ada L.", appear=Appear.INITIAL, statement="Not reviewed")
    sign(letter, appear=Appear.ROLE, role="Nurse")
    sign(letter, "Аda Hidden", role="Chief of nothing", statement="Hidden")  # a Cyrillic first letter
    by_receipt.withdraw(sign(letter, "Grace Hopper"))
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)
    spread(letter)

    day, answer = str(now().date()), client.get(of(letter, "signatures/"))

    assert answer.json() == {
        "signatures": [
            {"name": name, "role": role, "statement": statement, "signed_on": day, "version": 1}
            for name, role, statement in [
                ("name under review", "", ""),
                ("", "Nurse", ""),
                ("Ada L.", "", ""),
                ("Zoë Last", "Engineer", "Because."),
            ]
        ],
        "next": None,
    }
    assert "Zoë" in answer.content.decode()


def spread(letter):
    """A second between any two, in the order in which they came."""
    for number, row in enumerate(letter.signatures.filter(kind="named").order_by("signed_at", "pk")):
        letter.signatures.filter(pk=row.pk).update(
            signed_at=datetime(2026, 1, 1, tzinfo=UTC) + number * SECOND
        )


SECOND = timedelta(seconds=1)


def test_many_signatures_come_in_pages_of_a_hundred(client):
    letter = make_letter()
    sign_many(letter, 250)  # all of one moment
    number_them(letter)

    rows, sizes = pages(client, of(letter, "signatures/"), "signatures")

    assert sizes == [100, 100, 50]
    assert sorted(row["name"] for row in rows) == [f"Person {number:03}" for number in range(250)]


def number_them(letter):
    for number, row in enumerate(letter.signatures.all()):
        letter.signatures.filter(pk=row.pk).update(name=f"Person {number:03}")


def test_a_hundred_signatures_are_one_page(client):
    letter = make_letter()
    sign_many(letter, 100)

    _, sizes = pages(client, of(letter, "signatures/"), "signatures")

    assert sizes == [100]


def test_no_row_is_lost_or_told_twice_when_people_sign_and_withdraw_between_two_pages(client):
    letter = make_letter()
    gone = sign(letter, "Grace Hopper")
    sign_many(letter, 250)
    number_them(letter)
    letter.signatures.filter(pk=signature_of(gone).pk).update(name="Grace Hopper")

    def between():
        sign(letter, "Mary Major")
        if not signature_of(gone).is_withdrawn:
            by_receipt.withdraw(gone)

    rows, _ = pages(client, of(letter, "signatures/"), "signatures", between)

    names = [row["name"] for row in rows if row["name"] not in ("Mary Major", "Grace Hopper")]
    assert len(names) == len(set(names)) == 250


def test_many_letters_come_in_pages(client):
    one = make_letter()
    Letter.objects.update(opened_at=one.opened_at)  # written as the others are: SQLite knows two ways
    fields = {"state": Letter.State.OPEN, "opens_at": now(), "opened_at": one.opened_at, "signing_line": "X"}
    Letter.objects.bulk_create(Letter(slug=f"copy-{n}", title="Copy", text="x", **fields) for n in range(149))
    rows, sizes = pages(client, LIST, "letters")

    assert sizes == [100, 50]
    assert len({row["slug"] for row in rows}) == 150


def test_a_cursor_tells_no_id_and_no_time(client):
    letter = make_letter()
    sign_many(letter, 101)

    following = read(client, of(letter, "signatures/"))["next"]

    cursor = following.partition("?cursor=")[2]
    row = letter.signatures.all().named().latest_first()[99]
    assert cursors.unseal(of(letter, "signatures/"), cursor) == (row.signed_at, str(row.pk))
    opened = opened_bytes(cursor)
    for secret in (str(row.pk), row.pk.hex, row.pk.bytes, row.signed_at.isoformat(), str(row.signed_at.year)):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in opened
    assert read(client, of(letter, "signatures/"))["next"] == following  # so that caches keep what follows


def opened_bytes(cursor):
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def test_a_cursor_opens_its_own_list_only(client):
    mine, other = make_letter(), make_letter()
    sign_many(mine, 101)
    cursor = read(client, of(mine, "signatures/"))["next"].partition("?cursor=")[2]

    wrong = [
        cursor[:-4],
        "A" + cursor[1:],
        cursor + cursor,
        "x",
        "x" * 10_000,
        "\x00",
        "é",
        "a=b",
        "%00",
        "-1",
        "1",
    ]

    for address, given in [
        *((of(mine, "signatures/"), each) for each in wrong),
        (LIST, cursor),
        (LIST, "\x00"),
    ]:
        answer = client.get(address, {"cursor": given})
        assert (answer.status_code, answer.json()["title"]) == (400, "Bad Request"), given
    assert client.get(of(other, "signatures/"), {"cursor": cursor}).status_code == 400
    assert client.get(of(mine, "signatures/"), {"cursor": cursor}).status_code == 200
    assert client.get(of(mine, "signatures/"), {"cursor": ""}).status_code == 200


def test_another_secret_key_makes_other_cursors(client, settings):
    letter = make_letter()
    sign_many(letter, 101)
    cursor = read(client, of(letter, "signatures/"))["next"].partition("?cursor=")[2]

    settings.SECRET_KEY = "another-" + "y" * 50

    assert client.get(of(letter, "signatures/"), {"cursor": cursor}).status_code == 400


def test_history_is_by_day_and_anonymous_signatures_are_of_their_batch_s_day(client):
    letter = make_letter(batch_size=5)
    on(sign(letter, "Ada Lovelace"), "2026-01-01")
    on(sign(letter, "Grace Hopper"), "2026-01-03")
    hidden = sign(letter, "Mary Major")
    on(hidden, "2026-01-03")
    gone = sign(letter, "Zoë Last")
    on(gone, "2026-01-04")
    by_receipt.withdraw(gone)
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
    assert read(client, of(letter, "history/"))["total"] == 3

    batches.publish_full(letter)
    sign(letter, appear=Appear.ANONYMOUS)  # waits
    by_receipt.change(hidden, Shown(Appear.ANONYMOUS))

    assert read(client, of(letter, "history/")) == {
        "days": [
            {"day": "2026-01-01", "signatures": 1},
            {"day": "2026-01-03", "signatures": 2},
            {"day": str(now().date()), "signatures": 5},
        ],
        "total": 8,
    }
    assert read(client, of(letter))["count"]["total"] == 8


def on(receipt, day):
    Signature.objects.filter(receipt_hash=typed.digest(receipt)).update(signed_on=day)


def test_nothing_is_told_of_organizers_addresses_rows_and_hours(client):
    owner = make_user("owner@organizers.test")
    letter = make_letter(owner=owner, batch_size=5, contact_address="answers@example.org", milestones=(1,))
    sign(letter, "Ada Lovelace")
    sign_sealed(letter)
    batches.publish_waiting(letter)
    letter.milestones.update(reached_at="2026-01-02T03:04Z", count_seen=2)
    deliver(letter)

    ends = ("", "signatures/", "history/")
    text = " ".join(
        client.get(address).content.decode() for address in (LIST, *(of(letter, end) for end in ends))
    )

    hidden = ["organizers.test", "example.org", "company.test", "03:04", letter.public_id.hex, "@"]
    hidden += [part for row in letter.signatures.all() for part in (str(row.pk), row.pk.hex)]
    hidden += [bytes(row.receipt_hash).hex() for row in letter.signatures.all()]
    assert [word for word in hidden if word in text] == []


def test_a_letter_that_has_forgotten_its_signers_keeps_its_numbers(client):
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    letters.close(letter)
    letter.signatures.update(name="", role="", statement="", search="", receipt_hash=None)

    assert read(client, of(letter, "signatures/")) == {"signatures": [], "next": None}
    assert read(client, of(letter, "history/"))["total"] == read(client, of(letter))["count"]["total"] == 1


@pytest.mark.parametrize("number", [1, 3])
def test_queries_do_not_grow_with_the_rows(client, number, django_assert_num_queries):
    for index in range(number):
        letter = make_letter(slug=f"letter-x{index}", milestones=tuple(range(1, number + 1)))
        for each in range(number):
            sign(letter, f"Ada {'x' * each}")
            letter.responses.create(recipient=letter.recipients.first(), text="Yes.")
            letter.updates.create(title="Told", text="x")
    deliver(letter)

    for address, queries in {
        LIST: 2,  # letters, count
        of(letter): 12,  # letter, version, what came of it (4), and six lists of its own
        of(letter, "signatures/"): 2,
        of(letter, "history/"): 2,
    }.items():
        with django_assert_num_queries(queries):
            read(client, address)


def test_a_page_of_names_does_not_read_the_letter_once_for_each(client, django_assert_num_queries):
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    with django_assert_num_queries(2) as asked:
        read(client, of(letter, "signatures/"))

    assert '"petitions_version"."text"' not in asked.captured_queries[1]["sql"]


def test_lists_are_shown_in_the_same_order_as_on_pages(client):
    letter = make_letter()
    for name in ("Ada Lovelace", "Grace Hopper", "Mary Major"):
        sign(letter, name)
    spread(letter)

    names = [row["name"] for row in read(client, of(letter, "signatures/"))["signatures"]]

    assert names == ["Mary Major", "Grace Hopper", "Ada Lovelace"]
    page = client.get(f"/letters/{letter.slug}/signatures/").content.decode()
    assert sorted(names, key=page.index) == names
