"""More of each part: no request needs the process that answered the one before, and each may die alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
import pytest

from tests.mailserver import free_port
from tests.promises.conftest import whole_site
from tests.promises.processes import WEB, Processes
from tests.promises.signers import Answer, Browser, Inbox, Signer

pytestmark = [pytest.mark.processes, pytest.mark.on("postgresql")]

OWNER, SLUG = "organizer@example.org", "fair-rota"
OPENED = f"""
from tests.factories import make_letter, make_user
owner = make_user("{OWNER}")
make_letter(owner=owner, slug="{SLUG}", domains=("example.com",), milestones=(5, 20))
"""
PEOPLE, AT_ONCE = 24, 8
NOTICE = "kind = 'milestone'"
PASSED = f"""
WITH passed AS (
    UPDATE petitions_delivery SET lease_until = lease_until - interval '15 minutes'
    WHERE {NOTICE} AND state IN ('leased', 'in_data')
)
"""
FINISHED = {
    "accepted",
    "unknown",
}  # unknown is what the dead worker was handing over: nobody sends that again
KILLED = ("web2", "worker", "beat")  # one of each, when a third has signed


class Doors(Browser):
    """One browser before two webs: each request goes to the other one, and to the first where that is dead."""

    def __init__(self, urls: list[str]) -> None:
        self._doors = [Browser(url) for url in urls]
        self.cookies = self._doors[0].cookies
        for door in self._doors:
            door.cookies = self.cookies

    def get(self, path: str) -> Answer:
        return self._through(lambda door: door.get(path))

    def post(self, path: str, **fields: str) -> Answer:
        return self._through(lambda door: door.post(path, **fields))

    def close(self) -> None:
        for door in self._doors:
            door.close()

    def _through(self, ask: Callable[[Browser], Answer]) -> Answer:
        self._doors.reverse()
        answer = ask(self._doors[0])
        return answer if answer.is_an_answer else ask(self._doors[1])


@contextmanager
def doubled(site: Processes) -> Iterator[list[str]]:
    """Two webs, three workers, two beats; the addresses of the webs."""
    port = free_port()
    site.start("web2", *WEB, "--port", str(port), "--workers", "1", "config.wsgi:application")
    site.start_worker("worker2")
    site.start_worker("worker3")
    site.start_beat("beat2")
    urls = [site.url, f"http://localhost:{port}"]
    site.wait(lambda: Browser(urls[1]).get("/healthz").status == 200)
    yield urls


def test_one_of_each_dies_and_nothing_is_lost_or_doubled(tmp_path, own_database, mail_server):
    with whole_site(tmp_path, own_database, mail_server) as site, doubled(site) as urls:
        site.manage("shell", "-v0", "-c", OPENED)
        inbox = Inbox(mail_server)
        people = [person(number, urls, inbox) for number in range(PEOPLE)]
        running = [threading.Thread(target=sign, args=(people[part::AT_ONCE],)) for part in range(AT_ONCE)]
        for thread in running:
            thread.start()
        site.wait(lambda: sum(each.is_acknowledged for each in people) >= PEOPLE // 3, seconds=120)
        for name in KILLED:
            site.kill(name)
        died = now(own_database)
        for thread in running:
            thread.join(240)

        assert [each.name for each in people if not each.is_acknowledged] == []
        assert stored(own_database) == sorted(each.name for each in people)
        site.wait(lambda: f'<data value="{PEOPLE}">' in Browser(urls[0]).get(f"/letters/{SLUG}/").text)
        # The other beat rings, the other workers come; what the dead one held is free again after a minute.
        site.wait(lambda: min(last_runs(own_database)) > died, seconds=150)
        site.wait(lambda: len(found := told(own_database)) == 2 and FINISHED.issuperset(found))
        arrived = notices(mail_server)
        assert len(set(arrived)) == len(arrived) >= told(own_database).count("accepted")


def person(number: int, urls: list[str], inbox: Inbox) -> Signer:
    name = f"Person {chr(ord('A') + number)}"
    signer = Signer(urls[0], f"/letters/{SLUG}/", inbox, name, f"person{number}@example.com")
    signer.browser = Doors(urls)
    return signer


def sign(people: list[Signer]) -> None:
    for each in people:
        each.sign_at_last(float("inf"))


def stored(database_url: str) -> list[str]:
    return [row[0] for row in asked(database_url, "SELECT name FROM petitions_signature ORDER BY name")]


def now(database_url: str) -> datetime:
    return asked(database_url, "SELECT now()")[0][0]


def last_runs(database_url: str) -> list[datetime]:
    """When each job that the clock rings every few seconds last went well."""
    jobs = "('drain_outbox', 'close_letters', 'publish_batches', 'scatter_rows')"
    return [
        row[0] for row in asked(database_url, f"SELECT succeeded_at FROM petitions_job WHERE name IN {jobs}")
    ]


def asked(database_url: str, query: str) -> list[tuple]:
    with psycopg.connect(database_url) as database:
        return database.execute(query).fetchall()


def told(database_url: str) -> list[str]:
    """How the notices of the milestones stand, with the quarter of an hour over that a dead worker's lease lasts."""
    return [
        row[0] for row in asked(database_url, f"{PASSED} SELECT state FROM petitions_delivery WHERE {NOTICE}")
    ]


def notices(mails) -> list[str]:
    return [mail["Subject"] for mail in mails.to(OWNER) if mail["Subject"].endswith("signatures")]
