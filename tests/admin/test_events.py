"""Who did what, for owners and editors of a letter, and for operators without anybody's name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from petitions.admin.events import SENTENCES
from petitions.flows import audit, letters
from petitions.models import AuditChain
from tests.admin.posts import page
from tests.factories import make_letter, sign

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def as_operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("operator@example.org", is_superuser=True))
    return client


def verbs_in(node: ast.expr) -> set[str]:
    """Each word that this argument can be; of a word that is put together, how it begins."""
    if isinstance(node, ast.IfExp):
        return verbs_in(node.body) | verbs_in(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return verbs_in(node.values[0])
    return {node.value} if isinstance(node, ast.Constant) else set()


def recorded() -> set[str]:
    calls = [
        node
        for path in (ROOT / "petitions").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record"
    ]
    return set().union(*(verbs_in(call.args[0]) for call in calls))


def test_every_event_has_its_sentence():
    """A new one belongs into `petitions/admin/events.py`."""
    assert [verb for verb in recorded() if not any(known.startswith(verb) for known in SENTENCES)] == []


def test_owners_and_editors_read_who_did_what(letter, owner, as_owner, member):
    sign(letter, "Ada Lovelace")
    letters.close(letter, by=owner)
    audit.record("paused", letter=make_letter(), by=owner)
    audit.record("key_remade", letter=letter)
    audit.record("from_a_newer_version", letter=letter, by=User.objects.create_user("gone@example.org"))

    for client in (as_owner, member(letter, "editor")):
        shown = client.get(page("events", letter)).content.decode()
        for words in ("Made the draft.", "Opened the letter for signing.", "owner@example.org"):
            assert words in shown
        assert "nobody with an account" in shown
        assert "from a newer version" in shown
        assert "somebody who is no organizer of this letter now" in shown
        assert "Paused the letter" not in shown
        assert "gone@example.org" not in shown
        assert "Ada" not in shown
    assert member(letter, "reviewer").get(page("events", letter)).status_code == 403


@pytest.mark.parametrize("number", [1, 90])
def test_the_page_needs_the_same_queries_for_one_event_and_for_many(
    as_owner, letter, owner, django_assert_max_num_queries, number
):
    for _ in range(number):
        audit.record("edited", letter=letter, by=owner)
    with django_assert_max_num_queries(9):
        as_owner.get(page("events", letter))


def test_operators_read_all_without_names(as_operator, letter, owner):
    audit.record("paused", letter=letter, by=owner)

    shown = as_operator.get("/admin/operations/events/").content.decode()
    only = as_operator.get("/admin/operations/events/?verb=paused").content.decode()

    assert f"account {owner.pk}" in shown
    assert "Opened the letter for signing.</td>" in shown
    assert [letter.title in shown, "owner@example.org" in shown] == [False, False]
    assert "Opened the letter for signing.</td>" not in only
    assert "Paused the letter&#x27;s mails.</td>" in only
    assert as_operator.get("/admin/operations/events/?verb=nonsense&page=x").status_code == 200


def test_nobody_else_finds_the_operators_page(as_owner, letter):
    assert as_owner.get("/admin/operations/events/").status_code == 404


def test_the_end_of_the_chain_stands_on_the_operators_page(as_operator, letter):
    assert AuditChain.only().sha256 in as_operator.get("/admin/operations/").content.decode()
