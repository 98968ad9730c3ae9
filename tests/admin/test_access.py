"""Who finds what, beyond single addresses, which stand in the matrix: lists, parts, roles in mid-session."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from petitions.flows import deliveries, invalidations, organizers, papers
from petitions.models import Condition, Delivery, Letter, Paper, Takedown
from tests.admin.posts import as_stored, page
from tests.factories import make_letter, make_user, sign, signature_of

pytestmark = pytest.mark.django_db

OF_AN_UPDATE = [
    f"petitions_letter_update{name}"
    for name in (
        "",
        "_rewrite",
        "_discard",
        "_page",
        "_mail_html",
        "_try",
        "_schedule",
        "_unschedule",
        "_post",
    )
]


def _response(letter: Letter) -> int:
    return letter.responses.create(recipient=letter.recipients.first(), text="No.").pk


def add_name(paper: Paper) -> None:
    paper.signatures.create(name="Rosa Parks")


def make_foreign() -> Letter:
    """A letter of somebody else with a row of each kind."""
    letter = make_letter(title="Of somebody else")
    user = letter.memberships.get().user
    Delivery.objects.create(letter=letter, kind=Delivery.Kind.CLOSING, key="closing", user=user)
    deliveries.deliver(letter, number=1, by=user)
    sign(letter, "Nobody Real")
    meant = Condition(words="nobody real")
    invalidations.begin(letter, meant, number=1, expected=1, reason="Typed by a program", by=user)
    organizers.invite(letter, address="ada@private.test", role="editor", by=user)
    papers.enter_names(letter, way="paper", note="Of somebody else, too", write=add_name, by=user)
    return letter


@pytest.mark.parametrize("pk", ["0", "99999999999999999999999", "abc", "%00", "1/2"])
def test_letters_that_do_not_exist_are_the_same(as_owner, pk):
    for name in ("change", "delete", "history", "close"):
        assert as_owner.get(f"/admin/petitions/letter/{pk}/{name}/").status_code == 404


def test_list_search_and_order_show_own_letters_only(as_owner, letter):
    foreign = make_letter(title="Of somebody else")
    for query in ("", "?q=else", "?q=rota", "?o=1.2.3.4.5", "?all=", "?p=1"):
        assert foreign.title not in as_owner.get(f"/admin/petitions/letter/{query}").content.decode()
    assert letter.title in as_owner.get("/admin/petitions/letter/").content.decode()


def test_lists_are_not_queried_by_address(as_owner, letter):
    for query in ("memberships__user__email=x", "text__contains=a", "id=1", "signatures__name=x"):
        assert as_owner.get(f"/admin/petitions/letter/?{query}").status_code == 400


@pytest.mark.parametrize("path", ["r/1/1/", "autocomplete/", "password_change/"])
def test_what_nobody_needs_is_left_out(as_owner, path):
    assert as_owner.get(f"/admin/{path}").status_code == 404


def test_parts_of_another_letter_are_not_reached_through_ones_own(as_owner, letter):
    foreign = make_foreign()
    delivery = foreign.deliveries.first()
    signature = signature_of(sign(foreign, "\u0410da Lovelace"))  # held back
    takedown = Takedown.objects.create(letter=foreign, signature=signature, reason="Not me")
    update = foreign.updates.create(title="News", text="Text.", posted_at=None)
    for path in (
        *(
            reverse(f"admin:{name}", args=[letter.pk, update.pk])
            for name in OF_AN_UPDATE
            if "_mail" not in name
        ),
        page("delivery_cancel", letter, delivery.pk),
        page("delivery_decide", letter, delivery.pk),
        page("snapshot_cancel", letter, foreign.snapshots.get().pk),
        page("signature_statement", letter, signature.pk),
        page("takedown_decide", letter, takedown.pk),
        page("response_hide", letter, _response(foreign)),
        page("response_show", letter, _response(foreign)),
        page("invalidation_undo", letter, 1),
    ):
        assert as_owner.post(path, {"decision": "hide", "show": "yes"}).status_code in (404, 405)
    assert as_owner.get(page("delivery", letter, delivery.pk)).status_code == 404
    assert as_owner.get(page("invalidation", letter, 1)).status_code == 404
    for name, more in (("review", {"act": "show"}), ("hide", {"reason": "asked", "sure": "yes"})):
        as_owner.post(page(name, letter), {"tick": f"line.{signature.pk}.{signature.words_digest}", **more})
    signature.refresh_from_db()
    assert (signature.is_under_review, signature.kind) == (True, "named")
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.QUEUED


def test_recipients_of_another_letter_cannot_be_taken_over(as_owner, draft):
    foreign = make_letter().recipients.first()
    data = as_stored(draft) | {"recipients-0-id": foreign.pk, "recipients-0-name": "Taken over"}
    as_owner.post(page("change", draft), data)
    foreign.refresh_from_db()
    assert (foreign.name, foreign.letter == draft) == ("Erin Chief", False)
    assert draft.recipients.filter(name="Taken over").count() == 0


CHANGES = {
    "reviewer": set(),
    "editor": {"correct", "updates", "responses", "handovers"},
    "owner": {
        "correct",
        "updates",
        "responses",
        "handovers",
        "close",
        "deliver",
        "invitations",
        "invalidations",
    },
}


@pytest.mark.parametrize(("role", "may"), CHANGES.items())
def test_roles(letter, member, as_owner, role, may):
    client = as_owner if role == "owner" else member(letter, role)
    for name in CHANGES["owner"]:
        assert client.get(page(name, letter)).status_code == (200 if name in may else 403)
    for name in ("change", "signatures", "review", "takedowns", "deliveries", "preview_mail"):
        assert client.get(page(name, letter)).status_code == 200
    for name in ("deliveries_pause", "deliveries_resume", "invitations_void"):
        assert client.post(page(name, letter)).status_code == (303 if role == "owner" else 403)
    assert client.post(page("invalidations_begin", letter)).status_code == (422 if role == "owner" else 403)
    assert client.post(page("invalidation_undo", letter, 1)).status_code == (404 if role == "owner" else 403)


def test_reviewer_changes_nothing(draft, member):
    client = member(draft, "reviewer")
    answer = client.post(page("change", draft), as_stored(draft, title="Mine now"))
    assert answer.status_code == 403
    assert "Only its owners and editors can change it." in answer.content.decode()
    for name in ("open", "delete"):
        assert client.post(page(name, draft), {"post": "yes"}).status_code == 403
    draft.refresh_from_db()
    assert draft.title != "Mine now"
    assert draft.is_draft


def test_editor_edits_and_does_not_open(draft, member):
    client = member(draft, "editor")
    assert client.post(page("change", draft), as_stored(draft, title="Better")).status_code == 303
    answer = client.post(page("open", draft))
    assert answer.status_code == 403
    assert "Only an owner of this letter can do this." in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.title, draft.state) == ("Better", Letter.State.DRAFT)


def test_role_is_read_at_each_request(letter, member):
    client = member(letter, "editor")
    membership = letter.memberships.filter(role="editor")
    assert client.get(page("correct", letter)).status_code == 200
    membership.update(role="reviewer")
    assert letter.memberships.filter(role="reviewer").exists()
    assert client.get(page("correct", letter)).status_code == 403
    letter.memberships.filter(role="reviewer").delete()
    assert client.get(page("correct", letter), follow=True).status_code == 403
    assert client.get("/admin/", follow=True).status_code == 403


def test_account_without_letters_reads_why_and_does_not_loop(client):
    client.force_login(User.objects.create_user("nobody@example.org"))
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert len(answer.redirect_chain) == 1
    assert "this account organizes no letter" in answer.content.decode()


def test_member_who_may_not_write_letters_has_the_workspace(letter, member):
    client = member(letter, "editor")
    answer = client.get("/admin/", follow=True)
    assert letter.title in answer.content.decode()
    assert "Write a letter" not in answer.content.decode()
    assert client.get("/admin/petitions/letter/add/").status_code == 403


def test_nobody_is_asked_for_a_password(client):
    client.force_login(make_user())
    answer = client.post("/admin/login/", {"username": "x", "password": "y"})
    assert answer.status_code == 302
    client.logout()
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).url.startswith("/accounts/login/")
