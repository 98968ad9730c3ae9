"""Printing invitations in the workspace: owners alone, the codes on paper alone."""

from __future__ import annotations

import io
import re

import pypdf
import pytest
from django.test import Client

from petitions.crypto import typed
from petitions.documents import typesetting
from petitions.flows import batches, letters
from petitions.models import Appear, Invitation, Sheet
from tests.admin.posts import page
from tests.documents.turns import turn_taken
from tests.factories import make_invitations, make_letter, sign

CODE = re.compile(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}")


def codes_on(answer) -> list[str]:
    text = "".join(leaf.extract_text() for leaf in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    return [code.replace("-", "") for code in CODE.findall(text)]


@pytest.mark.parametrize(("proof", "number"), [("invitation", 10), ("former", 200)])
def test_sheet_holds_exactly_the_codes_that_work(as_owner, letter, proof, number):
    answer = as_owner.post(page("invitations", letter), {"proof": proof, "number": number})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert "no-store" in answer["Cache-Control"]
    hashes = sorted(typed.digest(code) for code in codes_on(answer))
    assert hashes == sorted(bytes(row.code_hash) for row in letter.invitations.all())
    assert (len(hashes), {row.proof for row in letter.invitations.all()}) == (number, {proof})


def read(letter):
    return {"version": letter.version.sha256}


def test_code_of_the_sheet_signs(as_owner, letter):
    printed = as_owner.post(page("invitations", letter), {"proof": "former", "number": 10})
    fields = {"appear": "full", "name": "Ada Lovelace", "invitation": codes_on(printed)[3]} | read(letter)

    assert Client().post(f"/letters/{letter.slug}/invitation/", fields).status_code == 303
    assert letter.signatures.get().proof == "former"


def test_sheet_is_shown_once(as_owner, letter):
    printed = as_owner.post(page("invitations", letter), {"proof": "invitation", "number": 10})

    shown = as_owner.get(page("invitations", letter)).content.decode()

    assert "10 codes" in shown
    assert [code for code in codes_on(printed) if code in shown or typed.grouped(code) in shown] == []


def test_sheet_that_could_not_be_printed_is_said_to_be_lost(as_owner, letter, monkeypatch):
    monkeypatch.setattr(typesetting, "PATIENCE", 0.0)
    with turn_taken():
        answer = as_owner.post(page("invitations", letter), {"proof": "invitation", "number": 10})

    assert answer.status_code == 422
    assert "Nobody has its codes" in answer.content.decode()


@pytest.mark.parametrize("number", ["", "9", "201", "-1", "many"])
def test_too_few_would_point_at_people_and_too_many_are_refused(as_owner, letter, number):
    answer = as_owner.post(page("invitations", letter), {"proof": "invitation", "number": number})

    assert answer.status_code == 422
    assert (Invitation.objects.count(), Sheet.objects.count()) == (0, 0)


def test_mailboxes_are_not_printed(as_owner, letter):
    answer = as_owner.post(page("invitations", letter), {"proof": "mailbox", "number": "10"})

    assert (answer.status_code, Invitation.objects.count()) == (422, 0)


def test_letter_that_has_as_many_as_it_may_is_told(as_owner, letter, monkeypatch):
    monkeypatch.setattr(Sheet, "MOST", 15)
    make_invitations(letter)

    answer = as_owner.post(page("invitations", letter), {"proof": "invitation", "number": "10"})

    assert answer.status_code == 422
    assert "as many invitations as it may have" in answer.content.decode()


def test_draft_and_closed_letters_print_nothing(as_owner, owner, draft):
    closed = make_letter(owner=owner)
    make_invitations(closed)
    letters.close(closed)

    for letter in (draft, closed):
        answer = as_owner.post(page("invitations", letter), {"proof": "invitation", "number": "10"})
        assert answer.status_code == 303
    assert Invitation.objects.count() == 0
    assert "no invitation can be used any more" in as_owner.get(page("invitations", closed)).content.decode()


def test_how_many_are_used_is_told_by_the_published_count_alone(as_owner, letter):
    """Only what everybody can see: an organizer who gave one code away learns nothing by looking."""
    codes = make_invitations(letter)
    before = as_owner.get(page("invitations", letter)).content.decode()
    for code in codes:
        Client().post(
            f"/letters/{letter.slug}/invitation/", {"appear": "anonymous", "invitation": code} | read(letter)
        )
        if letter.waiting.count() == 9:
            assert figures(as_owner.get(page("invitations", letter)).content.decode()) == figures(before)

    batches.publish_full(letter)

    shown = as_owner.get(page("invitations", letter)).content.decode()
    assert figures(shown) == ["By invitation: 10 printed; 10 in the published count."]


def figures(html: str) -> list[str]:
    return [" ".join(each.split()) for each in re.findall(r"By [\w ]+: [^<]+", html)]


def test_mailbox_signatures_are_not_counted_among_them(as_owner, letter):
    make_invitations(letter)
    sign(letter, "Ada Lovelace", appear=Appear.FULL)

    shown = as_owner.get(page("invitations", letter)).content.decode()

    assert figures(shown) == ["By invitation: 10 printed; 0 in the published count."]


def test_voiding_stops_every_unused_code(as_owner, letter):
    code = make_invitations(letter)[0]

    answer = as_owner.post(page("invitations_void", letter), follow=True)

    assert "No unused invitation can be used any more." in answer.content.decode()
    fields = {"appear": "anonymous", "invitation": code} | read(letter)
    assert Client().post(f"/letters/{letter.slug}/invitation/", fields).status_code == 422
    assert (letter.invitations.count(), letter.sheets.get().is_void) == (0, True)


def test_looking_voids_nothing(as_owner, letter):
    make_invitations(letter)

    assert as_owner.get(page("invitations_void", letter)).status_code == 405
    assert letter.invitations.count() == 10


def test_owner_finds_the_page_and_others_do_not(as_owner, letter, member):
    link = f'href="{page("invitations", letter)}"'

    assert link in as_owner.get(page("change", letter)).content.decode()
    assert link not in member(letter, "editor").get(page("change", letter)).content.decode()
