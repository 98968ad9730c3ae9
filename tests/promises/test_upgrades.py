"""P30: an upgrade loses nothing, and people go on signing while it happens."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, migrations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from petitions.flows import deliveries, snapshots
from tests import valkey
from tests.factories import make_letter, post_update, sign, sign_many
from tests.mailserver import MailServer
from tests.promises.processes import ROOT, Processes, until
from tests.promises.signers import Inbox, Signer
from tests.promises.sizes import sized
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.promise("P30"), pytest.mark.timeout(sized(300, 3000))]

CLIENTS = 8
MANY = sized(20, 100_000)  # signatures that each migration has to carry along
LETTER = "/letters/rush/"
FOLDER = "petitions/migrations/"
SMALL = (migrations.CreateModel, migrations.AddField, migrations.AddIndex, migrations.RemoveIndex)
INDEXES = {
    "0023_pieces",
    "0025_flat_pages",
}  # said in SQL: the database keeps it by itself, whatever code writes a row
WIDENED = {"hold_reason", "kind", "a_held_delivery_says_why"}  # what was allowed before still is
Rows = dict[str, list[dict[str, Any]]]


def one_by_one() -> MigrationExecutor:
    """The migrations themselves, and not the one that makes a new database at once."""
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    return executor


def ours() -> list[migrations.Migration]:
    """In their order."""
    graph = MigrationLoader(None, replace_migrations=False).graph
    plan = graph._generate_plan(graph.leaf_nodes("petitions"), at_end=True)
    return [graph.nodes[app, name] for app, name in plan if app == "petitions" and "squashed" not in name]


def since_the_squashed() -> list[migrations.Migration]:
    """Those that a database of an installed site has still to take."""
    graph = MigrationLoader(None).graph
    squashed = {name for _app, name in graph.nodes["petitions", "0001_squashed_0017"].replaces}
    return [migration for migration in ours() if migration.name not in squashed]


@pytest.fixture
def _brought_up_again() -> Iterator[None]:
    newest = ours()[-1].name
    yield
    one_by_one().migrate([("petitions", newest)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_brought_up_again")
def test_every_migration_goes_down_and_up_again_with_data(figures):
    """What a migration brought is gone with it; nothing else changes.

    From the one with which every database begins; those that it stands for were never released.
    """
    letter = make_letter(milestones=(1, 4))
    for name in ("Ada Lovelace", "Grace Hopper", "Mary Jackson"):
        sign(letter, name, statement="It is time.")
    sign_many(letter, MANY)
    post_update(letter)
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    undone = since_the_squashed()
    back = ours()[-len(undone) - 1 : -1]
    before = rows(without=undone)

    for migration in reversed(back):
        one_by_one().migrate([("petitions", migration.name)])
    assert "petitions_heartbeat" not in connection.introspection.table_names()
    for migration in undone:
        one_by_one().migrate([("petitions", migration.name)])

    assert rows(without=undone) == before
    figures(migrations=len(undone), rows=sum(map(len, before.values())), back_to=back[0].name)


def rows(*, without: list[migrations.Migration]) -> Rows:
    """All that does not belong to one of these."""
    operations = [operation for migration in without for operation in migration.operations]
    models = {each.name.lower() for each in operations if isinstance(each, migrations.CreateModel)}
    fields = {
        (each.model_name, each.name)
        for each in operations
        if isinstance(each, migrations.AddField | migrations.AlterField)
    }
    return {
        model._meta.model_name: list(
            model._base_manager.order_by("pk").values(
                *(
                    field.attname
                    for field in model._meta.concrete_fields
                    if (model._meta.model_name, field.name) not in fields
                )
            )
        )
        for model in apps.get_app_config("petitions").get_models()
        if model._meta.model_name not in models
    }


def test_none_is_a_one_way_street():
    """One that cannot be undone would have to be told in docs/upgrade.md: there is none."""
    assert [
        migration.name
        for migration in ours()
        for operation in migration.operations
        if not operation.reversible
    ] == []


def test_what_came_last_only_adds_so_that_older_code_goes_on():
    """A column that older code does not name has to be empty, or filled by the database itself."""
    assert [
        f"{migration.name}: {operation.describe()}"
        for migration in since_the_squashed()
        for operation in migration.operations
        if migration.name not in INDEXES
        and not is_widened(operation)
        and (not isinstance(operation, SMALL) or not is_filled_by_itself(operation))
    ] == []


def is_widened(operation: Any) -> bool:
    constraint = getattr(operation, "constraint", None)
    return getattr(constraint, "name", getattr(operation, "name", "")) in WIDENED


def is_filled_by_itself(operation: Any) -> bool:
    if not isinstance(operation, migrations.AddField):
        return True
    field = operation.field
    return field.null or field.many_to_many or field.db_default is not NOT_PROVIDED


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def older_commit() -> str:
    """The newest whose migrations are the first of ours, in one line. Nothing, without git's history."""
    names = [migration.name for migration in ours()]
    lines = {frozenset(names[:number]) for number in range(1, len(names))}
    for commit in git("log", "--format=%H", "--", FOLDER).split():
        there = {Path(path).stem for path in git("ls-tree", "--name-only", commit, FOLDER).split()}
        if {name for name in there if name[0].isdigit() and "squashed" not in name} in lines:
            return commit
    return ""


@pytest.fixture
def older_code(tmp_path) -> Iterator[Path]:
    """As it was before the newest migrations were added."""
    commit, place = older_commit(), tmp_path / "older"
    if not commit:
        pytest.skip("without git's history there is no older code")
    git("worktree", "add", "--detach", str(place), commit)
    assert (place / "manage.py").exists()
    yield place
    git("worktree", "remove", "--force", str(place))


class Crowd:
    """People who sign one after the other, at each of the sites that there are, until it is enough."""

    def __init__(self, mails: MailServer) -> None:
        self.urls: list[str] = []
        self.people: list[Signer] = []
        self._inbox, self._numbers, self._is_enough = Inbox(mails), itertools.count(), threading.Event()

    def go_on(self) -> None:
        while not self._is_enough.is_set():
            number = next(self._numbers)
            url = self.urls[number % len(self.urls)]
            address = f"person{number}@example.test"
            self.people.append(Signer(url, LETTER, self._inbox, f"Signer {number}", address))
            self.people[-1].sign()

    def ends(self) -> None:
        self._is_enough.set()

    def signed_at(self, url: str) -> int:
        return sum(person.is_acknowledged for person in list(self.people) if person.url == url)


def site(place: Path, mails: MailServer, where: dict[str, Any], *, root: Path) -> Processes:
    """With its own static files: they are the older code's, or the newer's."""
    place.mkdir()
    environment = {"TRUSTED_PROXIES": "1", "STATIC_ROOT": str(place / "static")}
    return Processes(place, mail_port=mails.port, root=root, **where, **environment)


def start(site: Processes) -> None:
    site.start_web()
    site.start_worker()
    site.start_beat()
    site.wait(site.answers)


@pytest.mark.processes
@pytest.mark.full
def test_older_and_newer_code_serve_together_while_the_database_is_migrated(
    older_code, own_database, tmp_path, mail_server, figures
):
    """Web, worker and beat of both; people sign without a pause, from before the migration until after it."""
    mail_server.clear()
    socket, crowd, enough = tmp_path / "valkey.sock", Crowd(mail_server), 300
    where = {"database_url": own_database, "redis_url": f"unix://{socket}", "keys": tmp_path / "keys"}
    with (
        valkey.running(socket),
        site(tmp_path / "old", mail_server, where, root=older_code) as old,
        site(tmp_path / "new", mail_server, where, root=ROOT) as new,
        ThreadPoolExecutor(CLIENTS) as threads,
    ):
        old.manage("migrate", "-v0")
        old.manage("shell", "-v0", "-c", "from tests.factories import make_letter; make_letter(slug='rush')")
        start(old)
        crowd.urls.append(old.url)
        with contextlib.ExitStack() as stack:
            stack.callback(crowd.ends)
            signing = [threads.submit(crowd.go_on) for _ in range(CLIENTS)]
            until(lambda: crowd.signed_at(old.url) > CLIENTS, 600)
            before = crowd.signed_at(old.url)
            new.manage("migrate", "-v0")
            meanwhile = crowd.signed_at(old.url) - before
            start(new)
            crowd.urls.append(new.url)
            until(lambda: min(crowd.signed_at(old.url), crowd.signed_at(new.url)) > enough, 1000)
        assert [each.result() for each in signing] == [None] * CLIENTS
        pages = [Visitor(each.url).get(LETTER).text for each in (old, new)]

    faults = [answer for person in crowd.people for answer in person.answers if not answer.is_an_answer]
    acknowledged = sum(person.is_acknowledged for person in crowd.people)
    figures(acknowledged=acknowledged, meanwhile=meanwhile, faults=len(faults))
    assert (acknowledged, faults) == (len(crowd.people), [])
    assert all(f">{acknowledged:,}</data></strong> signatures" in page for page in pages)
    assert meanwhile, "nobody signed while the database was migrated: it proved nothing"
