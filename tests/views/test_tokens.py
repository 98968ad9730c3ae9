"""Tokens over HTTP: as JSON for our script, as pages for those who use none."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from petitions.crypto import tokens
from petitions.flows import letters
from petitions.models import Mark, WaitingSignature
from tests.factories import make_letter
from tests.flows.test_tokens import Signer
from tests.views.signing import ask

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


@pytest.fixture
def letter():
    return make_letter()


def at(letter, page):
    return f"/letters/{letter.slug}/{page}/"


def asked(client, letter, mails, address="ada@example.test"):
    ask(client, letter, address, appear="anonymous", name="")
    return mails.code(address)


def request_token(client, letter, code, signer, headers=JSON):
    fields = {"code": code, "blinded": tokens.to_text(signer.blinded)}
    return client.post(at(letter, "token"), fields, headers=headers)


def test_from_the_code_to_the_queue(client, mails, letter):
    signer = Signer(letter)
    answer = request_token(client, letter, asked(client, letter, mails), signer)
    assert (answer.status_code, sorted(answer.json())) == (200, ["blind_signature", "key_id"])
    assert "no-store" in answer["Cache-Control"]
    line, signature = signer.finalize(tokens.from_text(answer.json()["blind_signature"]))

    stranger = Client()
    for line_as_copied, signature_as_copied in (
        (line, signature),
        (f"token: {line}\r\n", f"signature: {signature} "),
    ):
        copied = {"token": line_as_copied, "signature": signature_as_copied}
        counted = stranger.post(at(letter, "redeem"), copied, headers=JSON)
        assert (counted.status_code, counted.json()) == (201, {"counted": True})
    assert WaitingSignature.objects.get().kind == "sealed"
    assert stranger.cookies == {}


def test_the_same_answer_for_the_same_hidden_token(client, mails, letter):
    signer, code = Signer(letter), asked(client, letter, mails)

    answers = [request_token(client, letter, code, signer).json() for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert request_token(client, letter, code, Signer(letter)).json()["error"] == "code_spent"


def test_what_is_wrong_has_a_name_and_a_sentence(client, mails, letter):
    signer = Signer(letter)
    assert request_token(client, letter, "2222-2222", signer).json()["error"] == "nothing_asked"

    code = asked(client, letter, mails)
    answer = request_token(client, letter, "2222-2222", signer)
    assert (answer.status_code, answer.json()["error"]) == (422, "wrong_code")
    assert "not the code that was sent" in answer.json()["sentence"]
    signer.blinded = b"\x00" * 384
    assert request_token(client, letter, code, signer).json()["error"] == "no_token"
    answer = client.post(at(letter, "token"), {"code": code, "blinded": "not base64!"}, headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (422, "form")
    answer = client.post(at(letter, "token"), {"code": "ABCD", "blinded": "AAAA"}, headers=JSON)
    assert answer.json()["sentence"] == "The code has eight characters, like ABCD-2345."

    letters.close(letter)
    answer = request_token(client, letter, code, Signer(letter))
    assert (answer.status_code, Mark.objects.count()) == (409, 0)


def test_a_code_that_another_site_forged_buys_no_token(mails, letter):
    client = Client(enforce_csrf_checks=True)

    assert request_token(client, letter, "2222-2222", Signer(letter)).status_code == 403


def test_the_pages_without_script(client, mails, letter):
    code, signer = asked(client, letter, mails), Signer(letter)
    page = client.get(at(letter, "token/offline")).content.decode()
    assert letter.public_keys.get().line in page

    wrong = request_token(client, letter, "2222-2222", signer, headers={})
    assert wrong.status_code == 422
    assert "not the code that was sent" in wrong.content.decode()
    assert tokens.to_text(signer.blinded) in wrong.content.decode()  # nothing typed is lost
    made = request_token(client, letter, code, signer, headers={})
    assert "Give this back to the offline program" in made.content.decode()


def test_handing_in_needs_no_cookie_and_no_form_of_ours(mails, letter):
    client = Client(enforce_csrf_checks=True)
    page = client.get(at(letter, "redeem"))
    assert (page.status_code, client.cookies) == (200, {})
    assert "csrf" not in page.content.decode()

    answer = client.post(at(letter, "redeem"), {"token": "x", "signature": "y"})

    assert answer.status_code == 422
    assert "does not count for this letter" in answer.content.decode()


def test_a_token_after_the_close_is_told_so(client, mails, letter):
    signer = Signer(letter)
    answer = request_token(client, letter, asked(client, letter, mails), signer).json()
    line, signature = signer.finalize(tokens.from_text(answer["blind_signature"]))
    letters.close(letter)

    asking = client.get(at(letter, "redeem")).content.decode()
    late = client.post(at(letter, "redeem"), {"token": line, "signature": signature})

    assert "no longer counts" in asking
    assert late.status_code == 409
    assert "no longer counts" in late.content.decode()


def test_a_token_that_came_in_time_is_told_so_after_the_close(client, mails, letter):
    signer = Signer(letter)
    answer = request_token(client, letter, asked(client, letter, mails), signer).json()
    line, signature = signer.finalize(tokens.from_text(answer["blind_signature"]))
    in_time = client.post(at(letter, "redeem"), {"token": line, "signature": signature})
    letters.close(letter)

    again = client.post(at(letter, "redeem"), {"token": line, "signature": signature})

    assert "or at closing" in in_time.content.decode()
    assert again.status_code == 201
    assert "this token is in its number" in again.content.decode()


@pytest.mark.parametrize("page", ["token/offline", "redeem"])
def test_drafts_and_unknown_letters_have_no_such_page(client, page):
    assert client.get(f"/letters/unknown/{page}/").status_code == 404


def test_the_scripts_carry_the_hash_of_their_files(client, mails, letter):
    asked(client, letter, mails)
    page = client.get(at(letter, "code")).content.decode()

    assert page.count('integrity="sha384-') == 3


def test_the_page_for_handing_in_forgets_what_this_browser_asked_for(client, mails, letter):
    asked(client, letter, mails)
    client.get(at(letter, "code"))
    assert set(client.cookies) == {"sign", "csrf"}

    client.get(at(letter, "redeem"))

    left = {
        name: (cookie.value, cookie["max-age"], cookie["path"]) for name, cookie in client.cookies.items()
    }
    assert left == {"sign": ("", 0, f"/letters/{letter.slug}/"), "csrf": ("", 0, "/")}


@pytest.mark.parametrize(("headers", "status"), [(JSON, 204), ({}, 303)])
def test_a_browser_whose_token_is_safe_forgets_the_address(client, mails, letter, headers, status):
    signer, code = Signer(letter), asked(client, letter, mails)
    first = request_token(client, letter, code, signer).json()
    assert request_token(client, letter, code, signer).json() == first  # until then it is fetched again
    assert "ada@example.test" in client.get(at(letter, "sign")).content.decode()

    answer = client.post(at(letter, "token/done"), headers=headers)

    assert (answer.status_code, answer.cookies["sign"].value, answer.cookies["sign"]["max-age"]) == (
        status,
        "",
        0,
    )
    assert answer.cookies["sign"]["path"] == f"/letters/{letter.slug}/"
    assert "ada@example.test" not in client.get(at(letter, "sign")).content.decode()
    assert request_token(client, letter, code, signer).json()["error"] == "nothing_asked"


def test_no_other_site_makes_a_browser_forget_and_no_link_does(client, mails, letter):
    assert Client(enforce_csrf_checks=True).post(at(letter, "token/done")).status_code == 403
    assert client.get(at(letter, "token/done")).status_code == 405


def test_handing_in_shows_the_keys_of_every_proof(client, letter):
    letter.public_keys.create(proof="invitation", spki=letter.public_keys.get().spki, key_id="ab" * 32)

    shown = client.get(at(letter, "redeem")).content.decode()

    assert [key.key_id for key in letter.public_keys.all() if key.key_id not in shown] == []
    assert "has to name one of these keys" in shown


def test_a_request_has_one_name_for_a_mailbox_and_another_for_another(mails, letter):
    addresses = ["ada@example.test", "ADA+again@example.test", "bob@example.test"]
    names = []
    for address in addresses:
        asked(browser := Client(), letter, mails, address)
        page = browser.get(at(letter, "code")).content.decode()
        names += re.findall(r'data-request="([0-9a-f]{16})"', page)

    assert names[0] == names[1] != names[2]
