"""Who may open what in the workspace: the table that test_matrix.py walks, and the site on which it does.

A new address belongs into `TABLE`, an argument that none had before into `Place.arguments`, and what a browser posts
there, where an empty form would be refused, into `Place.bodies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from petitions import pending
from petitions.flows import deliveries, invalidations, organizers, papers, proofs, snapshots, takedowns
from petitions.models import Condition, Delivery, Domain, Letter, OrganizerInvitation, Paper, Report, Takedown
from tests import addresses
from tests.admin.posts import as_stored, rows
from tests.factories import make_letter, make_user, sign, signature_of

OWNERS = {"owner"}
EDITORS = OWNERS | {"editor"}
REVIEWERS = EDITORS | {"reviewer"}
OPERATORS = {"operator"}
WRITERS = {"owner", "other"}  # accounts that may write letters of their own
INSIDE = REVIEWERS | {"other", "operator"}
OUTSIDE = {"stranger", "signer"}
SIGN_IN = "the sign-in page"
TITLE, OTHER = "The letter of the matrix", "The letter of somebody else"
EVERYBODY = ["stranger", "signer", "reviewer", "editor", "owner", "other", "operator"]


class Cell(NamedTuple):
    """Who may read and who may write; None where there is no such method. Others are refused with `refusal`."""

    reads: set[str] | None
    writes: set[str] | None = None
    refusal: int = 404


def letter(reads: set[str] | None, writes: set[str] | None = None) -> Cell:
    """Members without the role are told so; for everybody else the letter is not there."""
    return Cell(reads, writes)


TABLE: dict[str, Cell] = {
    # Of the site
    "index": Cell(INSIDE, INSIDE),
    "app_list": Cell(INSIDE, INSIDE),
    "jsi18n": Cell(INSIDE),
    "login": Cell(INSIDE, INSIDE),
    "logout": Cell(None, INSIDE),
    "operations": Cell(OPERATORS),
    "operations_events": Cell(OPERATORS),
    "operations_letters": Cell(OPERATORS),
    "operations_domain": Cell(None, OPERATORS),
    "operations_held": Cell(None, OPERATORS),
    "operations_report": Cell(None, OPERATORS),
    "operations_switch": Cell(None, OPERATORS),
    "petitions_workplace_changelist": Cell(INSIDE, INSIDE),
    "petitions_workplace_add": Cell(WRITERS | OPERATORS, WRITERS | OPERATORS, refusal=403),
    "petitions_workplace_change": Cell(INSIDE, OPERATORS, refusal=403),
    "petitions_workplace_delete": Cell(set(), set(), refusal=403),  # a letter names it
    "petitions_workplace_history": Cell(set(), set()),
    "petitions_letter_changelist": Cell(INSIDE, INSIDE),
    "petitions_letter_add": Cell(WRITERS, WRITERS, refusal=403),
    # Of a letter
    "petitions_letter_change": letter(REVIEWERS, EDITORS),
    "petitions_letter_edit": letter(REVIEWERS, EDITORS),
    "petitions_letter_typed_page": letter(None, EDITORS),
    "petitions_letter_typed_mail": letter(None, EDITORS),
    "petitions_letter_typed_pdf": letter(None, EDITORS),
    "petitions_letter_correct_typed_page": letter(None, EDITORS),
    "petitions_letter_correct_typed_mail": letter(None, EDITORS),
    "petitions_letter_correct_typed_pdf": letter(None, EDITORS),
    "petitions_letter_duplicate": letter(OWNERS, OWNERS),  # the others write no letters of their own
    "petitions_letter_retention": letter(REVIEWERS, REVIEWERS),
    "petitions_letter_events": letter(EDITORS),
    "petitions_letter_delete": letter(set(), set()),  # it is open
    "petitions_letter_history": Cell(set(), set()),
    "petitions_letter_preview": letter(REVIEWERS),
    "petitions_letter_preview_mail": letter(REVIEWERS),
    "petitions_letter_preview_mail_html": letter(REVIEWERS),
    "petitions_letter_preview_pdf": letter(REVIEWERS),
    "petitions_letter_open": letter(OWNERS, OWNERS),
    "petitions_letter_correct": letter(EDITORS, EDITORS),
    "petitions_letter_close": letter(OWNERS, OWNERS),
    "petitions_letter_deliver": letter(OWNERS, OWNERS),
    "petitions_letter_test_mail": letter(None, EDITORS),
    "petitions_letter_handovers": letter(EDITORS, EDITORS),
    "petitions_letter_handover_take_back": letter(None, EDITORS),
    "petitions_letter_deliveries": letter(REVIEWERS),
    "petitions_letter_deliveries_now": letter(REVIEWERS),
    "petitions_letter_deliveries_pause": letter(None, OWNERS),
    "petitions_letter_deliveries_resume": letter(None, OWNERS),
    "petitions_letter_delivery": letter(REVIEWERS),
    "petitions_letter_delivery_cancel": letter(None, OWNERS),
    "petitions_letter_delivery_decide": letter(None, OWNERS),
    "petitions_letter_snapshot_cancel": letter(None, OWNERS),
    "petitions_letter_signatures": letter(REVIEWERS),
    "petitions_letter_signatures_export": letter(REVIEWERS, REVIEWERS),
    "petitions_letter_review": letter(REVIEWERS, REVIEWERS),
    "petitions_letter_hide": letter(REVIEWERS, REVIEWERS),
    "petitions_letter_invalidations": letter(OWNERS, OWNERS),
    "petitions_letter_invalidations_begin": letter(None, OWNERS),
    "petitions_letter_invalidation": letter(OWNERS),
    "petitions_letter_invalidation_undo": letter(None, OWNERS),
    "petitions_letter_papers": letter(OWNERS, OWNERS),
    "petitions_letter_paper": letter(OWNERS, OWNERS),
    "petitions_letter_paper_remove": letter(OWNERS, OWNERS),
    "petitions_letter_paper_name_remove": letter(None, OWNERS),
    "petitions_letter_paper_import": letter(OWNERS, OWNERS),
    "petitions_letter_recipients_import": letter(EDITORS, EDITORS),
    "petitions_letter_signature_statement": letter(None, REVIEWERS),
    "petitions_letter_signature_pin": letter(None, REVIEWERS),
    "petitions_letter_takedowns": letter(REVIEWERS),
    "petitions_letter_takedown_decide": letter(None, REVIEWERS),
    "petitions_letter_domain_lift": letter(None, OWNERS),
    "petitions_letter_invitations": letter(OWNERS, OWNERS),
    "petitions_letter_invitations_void": letter(None, OWNERS),
    "petitions_letter_organizers": letter(REVIEWERS, OWNERS),
    "petitions_letter_organizer": letter(OWNERS, OWNERS),
    "petitions_letter_organizer_remove": letter(OWNERS, OWNERS),
    "petitions_letter_organizer_leave": letter(REVIEWERS, REVIEWERS),
    "petitions_letter_organizer_again": letter(None, OWNERS),
    "petitions_letter_organizer_withdraw": letter(None, OWNERS),
    "petitions_letter_updates": letter(EDITORS),
    "petitions_letter_update": letter(EDITORS),
    "petitions_letter_update_write": letter(EDITORS, EDITORS),
    "petitions_letter_update_rewrite": letter(EDITORS, EDITORS),
    "petitions_letter_update_discard": letter(EDITORS, EDITORS),
    "petitions_letter_update_page": letter(EDITORS),
    "petitions_letter_update_mail_html": letter(EDITORS),
    "petitions_letter_update_try": letter(None, EDITORS),
    "petitions_letter_update_schedule": letter(None, EDITORS),
    "petitions_letter_update_unschedule": letter(None, EDITORS),
    "petitions_letter_update_post": letter(EDITORS, EDITORS),
    "petitions_letter_responses": letter(EDITORS, EDITORS),
    "petitions_letter_response_hide": letter(EDITORS, EDITORS),
    "petitions_letter_response_show": letter(None, EDITORS),
}
OF_NO_LETTER = {"petitions_letter_changelist", "petitions_letter_add"}
NOWHERE = {"petitions_letter_history"}  # refused to members too as if it were not there


def is_of_a_letter(name: str) -> bool:
    return name.startswith("petitions_letter_") and name not in OF_NO_LETTER | NOWHERE


def expected(name: str, who: str, method: str) -> set[int] | str:
    """The statuses of a cell, or where it leads to."""
    cell = TABLE[name]
    if who in OUTSIDE:
        return SIGN_IN
    may = {"get": cell.reads, "head": cell.reads, "post": cell.writes}.get(method)
    if may is None:
        return {405}
    if who in may:
        return {200, 302, 303} if method != "post" else {200, 302, 303, 422}
    if is_of_a_letter(name):
        return {403} if who in REVIEWERS else {404}
    return {cell.refusal}


@dataclass
class Place:
    """An open letter with a row of each kind, and somebody of each kind.

    What is known of the rows is read once: whatever a test does to them it undoes.
    """

    letter: Letter
    cookies: dict[str, dict[str, str]]

    def path(self, name: str) -> str:
        takes = addresses.of_the_workspace()[f"admin:{name}"]
        known = self.arguments(name)
        return reverse(f"admin:{name}", kwargs={argument: known[argument] for argument in takes})

    def client(self, who: str) -> Client:
        """As signed in as ever, whatever the request before did."""
        client = Client()
        client.cookies.load(self.cookies[who])
        return client

    def arguments(self, name: str) -> dict[str, Any]:
        """Of every argument that an address of the letter takes."""
        if name.startswith("operations_"):
            return {"pk": self._of_operators.get(name, self.letter.pk)}
        if name.startswith("petitions_workplace_"):
            return {"object_id": self._workplace}
        return self._of_the_letter

    def bodies(self, name: str) -> dict[str, Any]:
        """What a browser posts there, so that a right that is not asked for shows."""
        return self._bodies.get(name, {})

    @cached_property
    def _of_operators(self) -> dict[str, int]:
        frozen = Domain.objects.get(name="example.test")
        return {"operations_report": Report.objects.get().pk, "operations_domain": frozen.pk}

    @cached_property
    def _workplace(self) -> int:
        return self.letter.workplaces.get().pk

    @cached_property
    def _of_the_letter(self) -> dict[str, Any]:
        return {
            "app_label": "petitions",
            "pk": self.letter.pk,
            "object_id": self.letter.pk,
            "delivery": self.letter.deliveries.get(kind=Delivery.Kind.CLOSING).pk,
            "snapshot": self.letter.snapshots.get().pk,
            "domain": self._of_operators["operations_domain"],
            "signature": Takedown.objects.get().signature_id,
            "takedown": Takedown.objects.get().pk,
            "member": self.letter.memberships.get(user__email="editor@matrix.test").pk,
            "invitation": OrganizerInvitation.objects.get().pk,
            "update": self.letter.updates.get().pk,
            "response": self.letter.responses.get().pk,
            "handover": self.letter.handovers.get().pk,
            "paper": self.letter.papers.get().pk,
            "name": self.letter.papers.get().signatures.get().pk,
            "number": self.letter.invalidations.get().number,
        }

    @cached_property
    def _bodies(self) -> dict[str, dict[str, Any]]:
        signature, recipient = Takedown.objects.get().signature, self.letter.recipients.first()
        seen, revision = f"{signature.pk}", self.letter.updates.get().revision
        line = {"tick": f"line.{signature.pk}.{signature.words_digest}"}
        news = {"title": "News", "text": "There are some."}
        return {
            "petitions_letter_change": as_stored(self.letter, goal=77),
            "petitions_letter_correct": {"title": "Other words", "text": "Other words."},
            "petitions_letter_delete": {"post": "yes"},
            "petitions_letter_deliver": {"number": 2, "while_open": "on", "again": "on"},
            "petitions_letter_delivery_decide": {"decision": "sent"},
            "petitions_letter_invitations": {"proof": "invitation", "number": 10},
            "petitions_letter_organizers": {"address": "eve@private.test", "role": "reviewer"},
            "petitions_letter_organizer": {"role": "reviewer"},
            "petitions_letter_responses": {"recipient": recipient.pk, "text": "We will see."},
            "petitions_letter_signature_pin": {"pin": "yes", "seen": seen},
            "petitions_letter_signature_statement": {"show": "yes", "seen": seen},
            "petitions_letter_takedown_decide": {"decision": "hide"},
            "petitions_letter_test_mail": {"asked_on": "deliver"},
            "petitions_letter_handovers": {
                "recipient": recipient.pk,
                "handed_on": "2026-01-01",
                "way": "person",
            },
            "petitions_letter_edit": as_stored(self.letter, goal=78),
            "petitions_letter_typed_page": as_stored(self.letter, goal=79),
            "petitions_letter_typed_mail": as_stored(self.letter, goal=79),
            "petitions_letter_typed_pdf": as_stored(self.letter, goal=79),
            "petitions_letter_review": {**line, "act": "show"},
            "petitions_letter_hide": {**line, "reason": "asked", "sure": "yes"},
            "petitions_letter_invalidations": {
                "number": 2,
                "kinds": "named",
                "words": "ada",
                "reason": "Asked.",
            },
            "petitions_letter_papers": {"way": "paper", "number": 7, "note": "At the gate."},
            "petitions_letter_paper": {"name": "Rosa Parks"},
            "petitions_letter_paper_import": {
                "table": "name\nRosa Parks",
                "way": "paper",
                "note": "At the gate.",
            },
            "petitions_letter_recipients_import": {"table": "name,e-mail\nFay,fay@company.test"},
            "petitions_letter_update_write": news,
            "petitions_letter_update_rewrite": {**news, "revision": revision},
            "petitions_letter_update_post": {"revision": revision},
            "petitions_letter_update_schedule": {"at": "2099-01-01T10:00"},
            "petitions_letter_response_hide": {"reason": "abuse"},
            "petitions_workplace_delete": {"post": "yes"},
            "petitions_workplace_add": {"name": "Elsewhere", **rows("domains", {"name": "elsewhere.test"})},
            "operations_held": {"decision": "cancel"},
            "operations_switch": {"pause": "is_paused"},
        }


def make_place() -> Place:
    owner, other = make_user("owner@matrix.test"), make_user("other@matrix.test")
    make_letter(owner=other, title=OTHER)
    found = make_letter(owner=owner, title=TITLE, opens_at=timezone.now())
    people = {"owner": owner, "other": other}
    for role in ("reviewer", "editor"):
        people[role] = User.objects.create_user(f"{role}@matrix.test")
        found.memberships.create(user=people[role], role=role)
    found.memberships.create(
        user=make_user("second@matrix.test"), role="owner"
    )  # so that the first may leave
    people["operator"] = User.objects.create_user("operator@matrix.test", is_superuser=True)
    _fill(found, owner)
    cookies = {who: _signed_in(user) for who, user in people.items()}
    return Place(found, cookies | {"stranger": {}, "signer": _signing(found)})


def _fill(letter: Letter, owner: User) -> None:
    """A row for each address that takes one."""
    takedowns.ask(signature_of(sign(letter, "Ada Lovelace", statement="Enough.")), reason="Not me.")
    Delivery.objects.create(letter=letter, kind=Delivery.Kind.CLOSING, key="closing", user=owner)
    deliveries.deliver(letter, number=1, by=owner)
    snapshots.freeze_due()
    organizers.invite(letter, address="ada@private.test", role="editor", by=owner)
    Report.objects.create(letter=letter, text="It is wrong.")
    _fill_what_is_told(letter, owner)


def _fill_what_is_told(letter: Letter, owner: User) -> None:
    recipient, snapshot = letter.recipients.first(), letter.snapshots.get()
    letter.updates.create(title="Soon", text="Not yet posted.")
    letter.responses.create(recipient=recipient, text="No.")
    letter.handovers.create(
        recipient=recipient, snapshot=snapshot, handed_on=timezone.localdate(), way="person"
    )
    papers.enter_names(letter, way="paper", note="At the gate.", write=_write_a_name, by=owner)
    sign(letter, "Nobody Real")
    meant = Condition(words="nobody real")
    invalidations.begin(letter, meant, number=1, expected=1, reason="Typed by a program", by=owner)


def _write_a_name(paper: Paper) -> None:
    paper.signatures.create(name="Rosa Parks")


def _signed_in(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def _signing(letter: Letter) -> dict[str, str]:
    """In the middle of signing: with the cookie in which everything typed is sealed, and another one forged."""
    asked, _code = proofs.challenge(
        letter, purpose="sign", address="ada@example.test", appear="full", name="Ada"
    )
    return {pending.cookie_name("sign"): pending.seal(letter, asked), settings.SESSION_COOKIE_NAME: "forged"}
