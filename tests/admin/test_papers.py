"""Signatures on paper: a figure beside the count that owners enter, and that changes no number."""

from __future__ import annotations

import pytest

from petitions import comparison, counts, mail
from petitions.documents import letters as documents
from petitions.flows import deliveries, letters, papers, purges, snapshots
from petitions.models import AuditEvent, Letter, Paper, PaperSignature
from tests.admin.posts import page
from tests.factories import make_letter, make_user, sign
from tests.test_verifier import bundle_of, verify

pytestmark = pytest.mark.django_db

NOTE = "Collected at the gates in May; checked by the organizers"
GATES = {"way": "paper", "number": "312", "note": NOTE}
SENTENCE = f"Not in this number: 312 on paper, entered by the organizers: {NOTE}"


def enter(letter: Letter, **changes: object) -> None:
    by = letter.memberships.get(role="owner").user
    papers.enter(letter, **{"way": "paper", "number": 312, "note": NOTE} | changes, by=by)


def enter_names(letter: Letter, *names: str) -> None:
    def write(paper: Paper) -> None:
        for name in names:
            paper.signatures.create(name=name, role="Nurse")

    by = letter.memberships.get(role="owner").user
    papers.enter_names(letter, way="earlier", note="From the first petition", write=write, by=by)


def test_an_owner_enters_changes_and_removes_a_figure(letter, as_owner):
    said = as_owner.post(page("papers", letter), GATES, follow=True).content.decode()
    assert "Entered. It stands beside the number, not in it." in said
    assert "312" in said
    paper = letter.papers.get()

    as_owner.post(page("paper", letter, paper.pk), GATES | {"number": "313"})
    paper.refresh_from_db()
    assert paper.number == 313

    asked = as_owner.get(page("paper_remove", letter, paper.pk)).content.decode()
    assert "The figure of 313 goes" in asked
    assert as_owner.post(page("paper_remove", letter, paper.pk)).status_code == 303
    assert not letter.papers.exists()
    assert list(
        letter.events.filter(verb__startswith="paper").order_by("number").values_list("verb", "object_id")
    ) == [(verb, str(paper.pk)) for verb in ("paper_entered", "paper_changed", "paper_removed")]
    assert as_owner.post(page("paper", letter, paper.pk), GATES).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "0"},
        {"number": "-5"},
        {"number": "1000001"},
        {"number": "many"},
        {"note": ""},
        {"note": "a\nb"},
        {"way": "sky"},
    ],
)
def test_what_is_no_figure_is_refused_and_stays_typed(letter, as_owner, wrong):
    answer = as_owner.post(page("papers", letter), GATES | wrong)
    assert answer.status_code == 422
    assert (f'value="{NOTE}"' in answer.content.decode()) is ("note" not in wrong)
    assert not letter.papers.exists()


@pytest.mark.parametrize("role", ["editor", "reviewer"])
def test_only_owners_enter(letter, member, role):
    client = member(letter, role)
    enter(letter)
    paper = letter.papers.get()
    for path in (
        page("papers", letter),
        page("paper", letter, paper.pk),
        page("paper_remove", letter, paper.pk),
    ):
        assert [client.get(path).status_code, client.post(path, GATES).status_code] == [403, 403]
    assert letter.papers.count() == 1


def test_the_figure_stands_beside_the_number_everywhere_and_in_no_number(client, settings):
    settings.COUNT_SECONDS = 0
    letter = make_letter(milestones=(2,))
    sign(letter, "Ada Lovelace")
    bundle = bundle_of(letter)
    enter(letter)
    enter_names(letter, "Rosa Parks", "Cesar Chavez")
    by = letter.memberships.get().user
    snapshot = deliveries.deliver(letter, number=1, by=by)
    snapshots.freeze_due()

    shown = client.get(letter.get_absolute_url()).content.decode()
    told = client.get(f"/api/v1/letters/{letter.slug}/").json()
    printed = documents.current_document(letter, today=snapshot.made_at.date())
    mailed = mail.compose(letter.deliveries.letters().first())

    assert SENTENCE in shown
    assert '<data value="1">1</data>' in shown
    assert SENTENCE in printed.count_lines
    for text in (mailed.text, mailed.html):
        assert SENTENCE in " ".join(text.split())
    assert told["on_paper"] == {
        "number": 314,
        "entries": [
            {"way": "paper", "number": 312, "note": NOTE},
            {"way": "earlier", "number": 2, "note": "From the first petition"},
        ],
    }
    assert told["count"]["total"] == counts.recount(letter).total == 1
    assert letter.milestones.get().reached_at is None
    assert SENTENCE in client.get(f"/letters/{letter.slug}/verify/").content.decode()
    assert bundle_of(letter)["count"] == bundle["count"]
    assert verify(bundle_of(letter))["wrong"] == []
    assert comparison.look(letter) == []


def test_a_letter_that_closes_counts_no_paper(client):
    letter = make_letter(milestones=(2,))
    enter(letter)
    letters.close(letter)
    snapshots.freeze_due()

    assert letter.snapshots.get().count["total"] == 0
    assert letter.milestones.get().reached_at is None


def test_a_picture_is_made_anew_until_its_first_mail_is_out():
    letter = make_letter()
    enter(letter)
    by = letter.memberships.get().user
    deliveries.deliver(letter, number=1, by=by)
    snapshots.freeze_due()
    before = letter.snapshots.get()

    papers.change(letter.papers.get(), number=400, by=by)
    assert not letter.snapshots.get().is_frozen
    snapshots.freeze_due()
    after = letter.snapshots.get()
    assert [after.papers[0]["number"], after.sha256] == [400, before.sha256]

    after.let_out()
    papers.change(letter.papers.get(), number=500, by=by)
    assert letter.snapshots.get().papers[0]["number"] == 400


def test_names_stand_apart_from_signatures(client, letter, as_owner):
    sign(letter, "Ada Lovelace")
    enter_names(letter, "Rosa Parks", "Cesar Chavez")

    apart = client.get(f"/letters/{letter.slug}/paper/").content.decode()
    listed = client.get(f"/letters/{letter.slug}/signatures/").content.decode()

    assert ["Rosa Parks" in apart, "Nurse" in apart, "Ada Lovelace" in apart] == [True, True, False]
    assert "Rosa Parks" not in listed
    assert f"/letters/{letter.slug}/paper/" in client.get(letter.get_absolute_url()).content.decode()

    paper = letter.papers.get()
    rosa = paper.signatures.get(name="Rosa Parks")
    assert "Rosa Parks" in as_owner.get(page("paper", letter, paper.pk)).content.decode()
    as_owner.post(page("paper_name_remove", letter, paper.pk, rosa.pk))
    assert "Rosa Parks" not in client.get(f"/letters/{letter.slug}/paper/").content.decode()
    assert documents.papers_of(letter)[0]["number"] == 1
    assert AuditEvent.objects.latest("number").verb == "paper_name_removed"


def test_a_number_cannot_be_typed_where_there_are_names(letter, as_owner):
    enter_names(letter, "Rosa Parks")
    paper = letter.papers.get()
    as_owner.post(page("paper", letter, paper.pk), GATES | {"way": "paper"})
    paper.refresh_from_db()
    assert (paper.number, paper.note) == (None, NOTE)


def test_names_of_an_old_letter_are_forgotten_and_the_figure_stays(client, letter, settings):
    settings.RETENTION_DAYS = -1
    enter_names(letter, "Rosa Parks", "Cesar Chavez")
    letters.close(letter)

    assert purges.keep()["names on paper"] == 2

    assert documents.papers_of(letter)[0]["number"] == 2
    assert set(PaperSignature.objects.values_list("name", "role")) == {("", "")}
    assert "Rosa" not in client.get(f"/letters/{letter.slug}/paper/").content.decode()


def test_a_draft_shows_it_to_its_organizers_only(client, draft, as_owner):
    enter(draft)
    assert SENTENCE in as_owner.get(page("preview", draft)).content.decode()
    assert client.get(f"/letters/{draft.slug}/paper/").status_code == 404


def test_a_draft_goes_with_its_paper(draft, as_owner):
    enter(draft)
    enter_names(draft, "Rosa Parks")
    as_owner.post(page("delete", draft), {"post": "yes"})
    assert not Letter.objects.filter(pk=draft.pk).exists()
    assert not PaperSignature.objects.exists()


def test_nobody_changes_the_paper_of_another_letter_through_ones_own(letter, as_owner):
    foreign = make_letter(owner=make_user())
    enter_names(foreign, "Rosa Parks")
    paper = foreign.papers.get()
    for name, more in (
        ("paper", ()),
        ("paper_remove", ()),
        ("paper_name_remove", (paper.signatures.get().pk,)),
    ):
        assert as_owner.post(page(name, letter, paper.pk, *more), GATES).status_code == 404
    assert paper.signatures.count() == 1
