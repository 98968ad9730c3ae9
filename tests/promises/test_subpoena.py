"""P20: whoever takes everything we have finds nobody: no address, no network address, no browser of any signer."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from redis import Redis

from tests import postgresql
from tests.promises import evidence, needles
from tests.promises.campaign import LETTER, OWNER, READERS, Campaign
from tests.promises.conftest import whole_site
from tests.promises.needles import Needles
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.promise("P20")]

NOBODY = ("Nobody.planted@example.com", "127.99.98.97", "Agent/planted.0")


@pytest.fixture
def own_server() -> Iterator[postgresql.Server | None]:
    """A PostgreSQL of this test's own, whose files it may read. A given server shows its tables only."""
    if connection.vendor == "sqlite" or os.environ.get("TEST_DATABASE_URL"):
        yield None
        return
    with postgresql.own("fsync=off") as server:
        yield server


@pytest.fixture
def seized(own_server, request, tmp_path, mail_server):
    """A whole site, and what of it can be taken at any moment."""
    url = own_server.url if own_server else request.getfixturevalue("own_database")
    mine = {"TRUSTED_PROXIES": "1", "CODES_PER_MAILBOX": "3"}
    with whole_site(tmp_path, url, mail_server, are_programs=True, **mine) as site:  # with words of their own
        folder = own_server.place if own_server else None
        yield site, lambda: evidence.of_a_site(site, folder)


def test_nothing_that_we_hold_names_a_signer(seized, mail_server, figures):
    site, take = seized
    campaign = Campaign(site, mail_server)
    happens(campaign, mail_server)
    sought = Needles(campaign.secrets)

    during = take()
    assert sought.among(during) == {}

    organizer = Visitor(site.url)
    close_and_deliver(site, organizer)
    mail_server.wait(lambda: all(mail_server.to(reader) for reader in READERS), seconds=60)
    site.manage("purge")
    after = take()
    assert sought.among(after) == {}

    signers, others = evidence.of_mails(mail_server.mails, campaign.mailboxes)
    assert sought.among(others) == {}
    networks = [secret for secret in campaign.secrets if "@" not in secret]
    assert Needles(networks).among(signers) == {}
    assert {mail["X-Envelope-To"].lower() for mail in mail_server.mails} == READERS | mailed(campaign)
    figures(secrets=len(campaign.secrets), forms=len(sought.all()), places=len(after))
    figures(megabytes=round(sum(map(len, after.values())) / 1e6, 1), mails=len(mail_server.mails))


def mailed(campaign):
    """All but who was refused, and who never asked properly."""
    return campaign.mailboxes - {person.address.lower() for person in campaign.people if person.gets_no_code}


def happens(campaign, mails):
    """Named, by policy, sealed, withdrawn, refused, twice, invited, never confirmed, mistyped, followed, stumbled."""
    named = campaign.somebody()
    assert "Ada Lovelace" in campaign.signs(named, "full", name="Ada Lovelace", role="Engineer").text
    campaign.signs(campaign.somebody(), "initial", name="Grace Hopper")
    campaign.signs(campaign.somebody(), "role", role="Night nurse", statement="It is time.")
    for _ in range(3):
        assert campaign.signs(campaign.somebody(), "anonymous").url.endswith("/signed/")
    kept, counted = campaign.somebody(), campaign.somebody()
    campaign.gets_a_token(kept)
    assert campaign.hands_in(counted, *campaign.gets_a_token(counted)[:2]).status == 201
    for appear in ("full", "anonymous"):
        gone = campaign.somebody()
        page = campaign.signs(gone, appear, name="Mary Withdrawn")
        assert campaign.withdraws(gone, page).status == 200
    for invitation, appear in zip(campaign.invitations, ("full", "anonymous"), strict=True):
        page = campaign.uses(campaign.somebody(gets_no_code=True), invitation, appear, name="Iris Invited")
        assert page.url.endswith("/signed/"), page.text
    goes_wrong(campaign)
    assert campaign.follows(campaign.somebody("private.test")).status == 200


def goes_wrong(campaign):
    twice = campaign.somebody()
    campaign.signs(twice, "full", name="Once Only")
    visitor = twice.visitor(campaign.site)
    campaign.asks(twice, visitor, "full", twice.address.upper(), name="Twice Only")
    refused = campaign.somebody("elsewhere.test", gets_no_code=True)
    page = refused.visitor(campaign.site).post(f"{LETTER}sign/", address=refused.address, appear="anonymous")
    assert page.status == 422
    silent = campaign.somebody()
    campaign.asks(silent, silent.visitor(campaign.site), "anonymous")
    guesser = campaign.somebody()
    visitor = guesser.visitor(campaign.site)
    campaign.asks(guesser, visitor, "anonymous")
    assert {visitor.post(f"{LETTER}code/", code="2222-2222").status for _ in range(7)} == {422}
    assert set(campaign.stumbles(campaign.somebody(gets_no_code=True))) <= {200, 400, 403, 404, 413, 422}


def close_and_deliver(site, organizer):
    """As the organizer, through the workspace."""
    link = site.manage("organizer", OWNER).split()[-1]
    pk = re.search(r"/admin/petitions/letter/(\d+)/change/[^<]*>A fair", organizer.post(link).text)[1]
    close, deliver = (f"/admin/petitions/letter/{pk}/{act}/" for act in ("close", "deliver"))
    assert organizer.post(close).status == 200
    chosen = {"recipients": organizer.ticked(deliver, "recipients"), "title": "A fair rota"}
    assert organizer.send(deliver, **organizer.hidden(deliver), **chosen).status == 200


def test_what_is_planted_is_found_in_every_form(seized):
    """The control: a search that finds nothing anywhere proves nothing."""
    site, take = seized
    sought = Needles(NOBODY)
    planted = [form for secret in NOBODY for form in needles.forms(secret).values()]

    plant_in_database(site, planted)
    plant_in_log(site, planted)
    plant_in_broker(site, planted)

    found = sought.among(take())
    assert set().union(*(what for where, what in found.items() if is_of_database(where))) == sought.all()
    assert found[str(site.place / "web.log")] == sought.all()
    assert found["valkey planted"] == sought.all()


def is_of_database(where):
    return where.startswith("table") or "sqlite3" in where or "/data/" in where


def plant_in_database(site, planted):
    url, statement = site.environment["DATABASE_URL"], "INSERT INTO planted VALUES ({})"
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            database.execute("CREATE TABLE planted (what blob)")
            database.executemany(statement.format("?"), [[form] for form in planted])
        return
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CREATE TABLE planted (what bytea)")
        server.cursor().executemany(statement.format("%s"), [[form] for form in planted])


def plant_in_log(site, planted):
    with (site.place / "web.log").open("ab") as log:
        log.write(b"\n".join(planted))


def plant_in_broker(site, planted):
    with Redis(unix_socket_path=site.environment["REDIS_URL"].removeprefix("unix://")) as redis:
        redis.rpush("planted", *planted)
