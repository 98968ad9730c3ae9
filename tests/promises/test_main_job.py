"""The main job, by the image's own files and commands: a letter goes from a signature to a recipient's mailbox.

They are those of deploy/compose.yaml and of the units.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from petitions.forms.people import shortened
from tests.deploy.running import image
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.on("postgresql")]

OPEN, CLOSED = "/letters/ask-before-you-watch-us/", "/letters/facial-recognition-2018/"


@pytest.fixture
def site(tmp_path, own_database, mail_server):
    with image(tmp_path, own_database, mail_server) as running:
        yield running


def test_sign_close_and_deliver(site, mail_server):
    site.manage("seed")
    signer = Visitor(site.url)

    signed = sign(signer, mail_server)
    assert re.search(r"(?:[2-9A-Z]{4}-){6}[2-9A-Z]{4}", signed.text)
    site.wait(lambda: "Ada Lovelace" in signer.get(OPEN).text)

    notices = mail_server.wait(lambda: milestone_notices(mail_server), seconds=60)
    assert sorted(notices) == ["100 signatures", "250 signatures", "450 signatures", "50 signatures"]

    deliver(site)
    mails = mail_server.wait(lambda: letters(mail_server), seconds=60)
    assert sorted(mail["To"] for mail in mails) == [
        "andy.jassy@example.com",
        "beth.galetti@example.com",
        "jeff.bezos@example.com",
        "jeff.wilke@example.com",
    ]
    assert "450 signatures: 300 named, 150 anonymous." in mails[0].get_body(("plain",)).get_content()
    (pdf,) = mails[0].iter_attachments()
    text = " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.get_content())).pages).split()
    )
    assert [line for line in seeded_lines() if line not in text] == []
    assert "150 anonymous signatures" in text


def seeded_lines():
    """Every public line of the letter of 2018, as its signers typed it."""
    with (Path(__file__).resolve().parents[2] / "seeds" / "facial-recognition.csv").open(
        encoding="utf-8"
    ) as file:
        for row in csv.DictReader(file):
            name = shortened(row["name"]) if row["appear"] == "initial" else row["name"]
            if row["appear"] != "anonymous":
                yield ", ".join(filter(None, [name, row["role"]]))


def sign(signer, mail_server):
    signer.post(
        f"{OPEN}sign/",
        appear="full",
        name="Ada Lovelace",
        role="Engineer",
        statement="",
        address="ada@example.com",
    )
    return signer.post(f"{OPEN}code/", code=mail_server.code("ada@example.com"))


def milestone_notices(mail_server):
    subjects = [mail["Subject"] for mail in mail_server.to("organizer@example.com")]
    found = [subject for subject in subjects if re.fullmatch(r"\d+ signatures", subject)]
    return found if len(found) >= 4 else []


def letters(mail_server):
    found = [
        mail
        for mail in mail_server.mails
        if mail["Subject"] == "Stop selling facial recognition to the police"
    ]
    return found if len(found) >= 4 else []


def deliver(site):
    """As the organizer, through the workspace, pressing twice."""
    organizer = Visitor(site.url)
    link = site.manage("organizer", "organizer@example.com").split()[-1]
    workspace = organizer.post(link)
    assert workspace.status == 200, workspace.text
    pk = re.search(r"/admin/petitions/letter/(\d+)/change/[^<]*>Stop selling", workspace.text)[1]
    path = f"/admin/petitions/letter/{pk}/deliver/"
    offered = organizer.hidden(path) | {"recipients": organizer.ticked(path, "recipients")}
    offered["title"] = "Stop selling facial recognition to the police"
    assert [organizer.send(path, **offered).status for _ in range(2)] == [200, 200]
