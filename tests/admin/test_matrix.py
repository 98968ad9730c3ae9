"""Every address of the workspace by every method by everybody: what is answered, and that nothing else happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Field, Model
from django.http import HttpResponse

from petitions.flows import letters
from petitions.models import Letter
from tests import addresses
from tests.admin.matrix import EVERYBODY, OTHER, OUTSIDE, SIGN_IN, TABLE, TITLE, Place, expected, make_place

pytestmark = [pytest.mark.django_db, pytest.mark.on("sqlite")]  # pages and rights are the same on each

EVERY = {name.removeprefix("admin:"): takes for name, takes in addresses.of_the_workspace().items()}
CELLS = [(name, method) for name in sorted(EVERY) for method in ("get", "head", "post", "put", "delete")]
LEFT_TO_CHANGE = {"session", "purge", "job"}  # a session says when it was used; the others are the machine's
NOTHING_TO_LEAVE = ("logout", "/admin/")  # which leads to the sign-in page
SAFE = ("get", "head")
# By whose hand a row was written, or when, is not chosen by whoever posts.
FORGED = {
    "state": "archived",
    "is_paused": "on",
    "opened_at": "2018-10-16",
    "closed_at": "2018-10-16",
    "slug": "forged",
    "public_id": "00000000-0000-0000-0000-000000000001",
    "id": "1",
    "pk": "1",
    "letter": "{foreign}",
    "user": "{foreign_owner}",
    "by": "{foreign_owner}",
    "actor": "{foreign_owner}",
    "role": "owner",
    "is_staff": "on",
    "is_superuser": "on",
    "is_organizer": "on",
    "is_active": "",
    "count": "99999",
    "signature_count": "99999",
    "total": "99999",
    "sha256": "0" * 64,
    "version": "99",
    "receipt_hash": "00",
    "mark": "00",
    "key": "forged",
    "kind": "letter",
    "delivery": "99",
    "snapshot": "99",
    "message_id": "forged",
    "attempts": "7",
    "decided_by": "{foreign_owner}",
    "reached_at": "2018-10-16",
    "is_pinned": "on",
    "is_under_review": "",
    "memberships-TOTAL_FORMS": "1",
    "memberships-INITIAL_FORMS": "0",
    "memberships-0-user": "{foreign_owner}",
    "memberships-0-role": "owner",
    "recipients-0-opted_out_at": "2018-10-16",
    "milestones-0-reached_at": "2018-10-16",
    "_popup": "1",
    "_method": "DELETE",
}


@pytest.fixture
def place(monkeypatch) -> Place:
    monkeypatch.setattr(
        letters, "random_slug", lambda: "drawn-by-chance"
    )  # or no two copies of a letter were alike
    return make_place()


def test_every_address_of_the_workspace_is_in_the_table(place):
    assert sorted(EVERY.keys() - TABLE.keys()) == [], "Add these addresses to TABLE in tests/admin/matrix.py."
    assert sorted(TABLE.keys() - EVERY.keys()) == [], "These addresses of TABLE are gone."
    unknown = {name: takes - place.arguments(name).keys() for name, takes in EVERY.items()}
    assert {name: takes for name, takes in unknown.items() if takes} == {}, "Add them to Place.arguments."


@pytest.mark.parametrize("who", EVERYBODY)
def test_each_cell(place, who):
    """What may write is undone cell by cell. All the others together leave every row as it was, whatever is sent."""
    paths, before, wrong = {name: place.path(name) for name in EVERY}, contents(), {}
    sent = forged() | {"_saveasnew": "1"}
    bodies = {name: place.bodies(name) for name in EVERY}
    with undone():
        for name, method in CELLS:
            if not may_write(name, who, method):
                answer = ask(
                    place, who, method, paths[name], bodies[name] if method in SAFE else sent | bodies[name]
                )
                wrong[name, method] = judged(name, who, method, answer)
        assert contents() == before
    for name, method in CELLS:
        if may_write(name, who, method):
            with undone():
                answer = ask(place, who, method, paths[name], bodies[name])
            wrong[name, method] = judged(name, who, method, answer)
    assert {cell: trouble for cell, trouble in wrong.items() if trouble} == {}


def may_write(name: str, who: str, method: str) -> bool:
    return method == "post" and who not in OUTSIDE and who in (TABLE[name].writes or set())


def judged(name: str, who: str, method: str, answer: HttpResponse) -> str:
    """What is wrong with a cell, or nothing."""
    wanted, where = expected(name, who, method), answer.get("Location", "")
    if wanted == SIGN_IN:
        is_right = answer.status_code == 302 and (
            "/login/?next=" in where or (name, where) == NOTHING_TO_LEAVE
        )
    else:
        is_right = answer.status_code in wanted and "/login/" not in where
    if not is_right:
        return f"{answer.status_code} {where}, not {wanted}"
    is_refused = who in OUTSIDE or answer.status_code in (403, 404, 405)
    is_told = not answer.streaming and TITLE.encode() in answer.content
    return "it names the letter" if is_refused and is_told else ""


@pytest.mark.parametrize("who", [who for who in EVERYBODY if who not in OUTSIDE])
def test_fields_that_nobody_may_send_change_nothing(place, who):
    """Beside what may be sent they are as if they were not there. Whoever may send nothing is in test_each_cell."""
    more, before, known, wrong = forged(), contents(), keys(), {}
    for name in [name for name in sorted(EVERY) if may_write(name, who, "post")]:
        path, body, left = place.path(name), place.bodies(name), []
        for sent in (body, more | body):
            with undone():
                ask(place, who, "post", path, sent)
                left.append((since(before, known), len(contents())))
        if left[0] != left[1]:
            wrong[name] = left
    assert wrong == {}


def forged() -> dict[str, str]:
    foreign = Letter.objects.get(title=OTHER)
    known = {"foreign": foreign.pk, "foreign_owner": foreign.memberships.get().user_id}
    return {field: value.format(**known) for field, value in FORGED.items()}


def test_rows_are_not_moved_into_another_letter(place):
    foreign, path = Letter.objects.get(title=OTHER), place.path("petitions_letter_change")
    body, before = place.bodies("petitions_letter_change"), contents()
    for rows in ("demands", "recipients"):
        answer = ask(place, "owner", "post", path, body | {f"{rows}-0-letter": foreign.pk})
        assert (answer.status_code, contents() == before) == (422, True)


def ask(place: Place, who: str, method: str, path: str, body: dict[str, Any]) -> HttpResponse:
    given = {"content_type": "application/json"} if method in ("put", "delete") else {}
    return getattr(place.client(who), method)(path, body, **given)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def contents() -> list[Any]:
    """Every row, without its number and what else is drawn by chance or by the clock."""
    return [(model._meta.label, row) for model in MODELS for row in _rows(model)]


def _rows(model: type[Model]) -> Iterator[tuple[Any, ...]]:
    return model._base_manager.order_by("pk").values_list(*FIELDS[model])


def since(before: list[Any], known: dict[str, set[Any]]) -> list[Any]:
    """What there is now and was not before; of rows that it belongs to, those that are new are all alike."""
    rows = [(label, _named(label, row, known)) for label, row in contents() if (label, row) not in before]
    return sorted(rows, key=repr)  # PostgreSQL does not turn a sequence back, so new numbers differ each time


def _named(label: str, row: tuple[Any, ...], known: dict[str, set[Any]]) -> tuple[Any, ...]:
    fields = map(apps.get_model(label)._meta.get_field, FIELDS[apps.get_model(label)])
    return tuple(
        value if not field.related_model or value in known[field.related_model._meta.label] else "new"
        for field, value in zip(fields, row, strict=True)
    )


def keys() -> dict[str, set[Any]]:
    return {model._meta.label: {None, *model._base_manager.values_list("pk", flat=True)} for model in MODELS}


def kind_of(field: Field[Any, Any]) -> str:
    return getattr(field, "target_field", field).get_internal_type()


MODELS = [
    model
    for model in apps.get_models()
    if model._meta.model_name not in LEFT_TO_CHANGE and not model._meta.auto_created
]
BY_CHANCE = {
    "id",
    "sealed",
    "secret_hash",
    "message_id",
    "key",
    "object_id",
    "last_login",
    "data",
    "seed",
    "code_hash",
}
CHAINED = {"auditevent", "auditchain"}  # whose hashes cover the clock
FIELDS = {
    model: [
        field.attname
        for field in model._meta.concrete_fields
        if field.attname not in BY_CHANCE
        and not field.attname.endswith("_at")
        and not (field.attname == "sha256" and model._meta.model_name in CHAINED)
        and kind_of(field) not in ("DateTimeField", "UUIDField", "BinaryField")
    ]
    for model in MODELS
}
