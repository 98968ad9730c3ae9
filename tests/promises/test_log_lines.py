"""P33: whoever reads the logs finds nobody, also where something broke while people were at it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import psycopg
import pytest
from django.db import connection

from config import logs
from petitions.models.letters import random_slug
from tests.promises.campaign import LETTER, OWNER, RECEIPT, Campaign
from tests.promises.conftest import whole_site
from tests.promises.needles import Needles
from tests.promises.sizes import sized

pytestmark = [pytest.mark.processes, pytest.mark.promise("P33")]

OF_THE_SERVER = (b"[WARNING] ", b"[ERROR] ")  # granian about itself
AS_ROOT = "ignore:You're running the worker with superuser"  # as containers do; Celery warns before it logs

NAME, ROLE, STATEMENT = "Philippa Needle", "Needleworker", "It is high time for needles."
SHOWN = {"name": NAME, "role": ROLE, "statement": STATEMENT}
HIDDEN = """
from tests.factories import make_letter
make_letter(slug="{slug}", title="A hidden letter", domains=("hidden.test",), is_listed=False)
"""
SAYS_ALL = """
CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'no % % %', NEW.name, NEW.role, NEW.statement; END$$;
CREATE TRIGGER says BEFORE INSERT ON petitions_signature FOR EACH ROW EXECUTE FUNCTION say();
"""
BREAKS = "ALTER TABLE petitions_signature RENAME TO away"


@pytest.fixture
def site(tmp_path, own_database, mail_server):
    with whole_site(
        tmp_path, own_database, mail_server, TRUSTED_PROXIES="1", PYTHONWARNINGS=AS_ROOT
    ) as running:
        yield running


# PostgreSQL's faults say more: whatever a trigger, or a constraint, was given.
@sized(pytest.mark.on("postgresql"), lambda on_both: on_both)
def test_no_line_of_any_log_names_a_person(site, mail_server, figures):
    campaign, slug = Campaign(site, mail_server), random_slug()
    site.manage("shell", "-v0", "-c", HIDDEN.format(slug=slug))
    link = site.manage("organizer", OWNER).split()[-1]
    secrets = {NAME, ROLE, STATEMENT, slug, *campaign.invitations, link.rstrip("/").rpartition("/")[2], OWNER}

    secrets |= goes_well(campaign)
    campaign.stumbles(campaign.somebody(gets_no_code=True))
    secrets |= is_refused(campaign)
    secrets |= breaks(campaign, site, slug)
    site.wait(lambda: all(told(site)))

    lines = [line for path in site.place.glob("*.log") for line in path.read_bytes().splitlines()]
    sought = Needles(secrets | campaign.secrets)
    assert sought.among({str(number): line for number, line in enumerate(lines)}) == {}
    ours = [line for line in lines if not line.startswith(OF_THE_SERVER)]
    assert set().union(*(json.loads(line).keys() for line in ours)) <= logs.LINE
    figures(secrets=len(secrets | campaign.secrets), forms=len(sought.all()), lines=len(lines))


def goes_well(campaign: Campaign) -> set[str]:
    """What was typed and handed out on the way."""
    named, withdrawn, sealed = (campaign.somebody() for _ in range(3))
    page = campaign.signs(named, "full", **SHOWN)
    assert NAME in page.text
    receipt = RECEIPT.search(campaign.signs(withdrawn, "anonymous").text)[0]
    token, signature, sealed_receipt = campaign.gets_a_token(sealed)
    assert campaign.hands_in(sealed, token, signature).status == 201
    codes = {campaign.code(person) for person in (named, withdrawn, sealed)}
    return codes | {receipt, sealed_receipt, token, signature, RECEIPT.search(page.text)[0]}


def is_refused(campaign: Campaign) -> set[str]:
    """By the mail server, whose words repeat the address."""
    person = campaign.somebody(gets_no_code=True)
    campaign.mails.refusals[person.address] = [f"550 <{person.address}>: {NAME} is not here"] * 2
    campaign.asks(person, person.visitor(campaign.site), "full", **SHOWN)
    return set()


def breaks(campaign: Campaign, site, slug: str) -> set[str]:
    """While a code is typed, while a letter is read, and in the workers' hands."""
    codes = set()
    for statement in [SAYS_ALL] * (connection.vendor == "postgresql") + [BREAKS]:
        person = campaign.somebody()
        visitor = person.visitor(site)
        campaign.asks(person, visitor, "full", **SHOWN)
        codes.add(campaign.code(person))
        form = visitor.hidden(f"{LETTER}code/")
        execute(site.environment["DATABASE_URL"], statement)
        assert visitor.send(f"{LETTER}code/", **form, code=campaign.code(person)).status >= 500
    assert campaign.somebody().visitor(site).get(f"/letters/{slug}/").status >= 500
    return codes


def told(site) -> list[bool]:
    """That what was provoked has reached the logs."""
    web, worker = ((site.place / f"{name}.log").read_text() for name in ("web", "worker"))
    return [
        '"route": "letters/<slug:slug>/code/"' in web,
        '"route": "letters/<slug:slug>/"' in web,
        "A code was not sent." in web,
        '"exception"' in worker and '"task": "petitions.tasks.' in worker,
    ]


def execute(url: str, statement: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60)) as file:
            file.execute(statement)
        return
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(statement)
