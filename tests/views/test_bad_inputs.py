"""What the world sends to the sign form: each case of the corpus, with the answer that it asks for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils.html import escape

from petitions import counts
from petitions.models import Signature
from tests.factories import make_letter
from tests.views.signing import FIELDS, ask, sign, type_code

pytestmark = pytest.mark.django_db

CORPUS = json.loads((Path(__file__).parent.parent / "data" / "bad_inputs.json").read_text(encoding="utf-8"))
CASES = [case for case in CORPUS["cases"] if case["surface"] == "sign_form"]
SENTENCES = {
    "name_required": "Please type your name.",
    "name_invisible": "Please type your name.",
    "name_bidi_control": "Please leave out direction marks.",
    "name_too_many_marks": "Please use fewer accents on one letter.",
    "name_too_long": "Please use at most 120 characters.",
    "name_control_character": "Please leave out control characters.",
    "name_invalid_text": "This text is damaged. Please type it again.",
    "name_bad_start": "Please start with a letter.",
    "name_has_link": "Please leave out links and addresses.",
    "email_invalid": "Please type an address like name@example.com",
    "email_unsupported": "Please type an address like name@example.com",
    "email_too_long": "This address is too long: at most 254 characters.",
    "email_domain_not_allowed": "Only mailboxes at example.test can sign this letter.",
}


def pick(*outcomes: str) -> list[pytest.param]:
    return [pytest.param(case, id=case["id"]) for case in CASES if case["expect"]["outcome"] in outcomes]


def text_of(given: dict[str, object]) -> str:
    if given.get("gen") == "repeat":
        return given["prefix"] + given["unit"] * given["times"] + given["suffix"]
    return given["text"]


def fields_of(case: dict[str, object]) -> dict[str, str]:
    sent = case["input"]
    name = text_of(sent["name"]) if "name" in sent else FIELDS["name"]
    address = text_of(sent["email"]) if "email" in sent else "ada@example.test"
    return FIELDS | {"name": name, "address": address}


def post(client, letter, case):
    """As a browser would, or as the case says: other encodings, fields sent twice."""
    sent, url = case["input"], f"/letters/{letter.slug}/sign/"
    if "raw_field" in sent:
        rest = "&".join(
            f"{key}={quote(value)}" for key, value in (FIELDS | {"address": "ada@example.test"}).items()
        )
        body = f"name={sent['raw_field']['percent_encoded']}&" + re.sub(r"&?name=[^&]*", "", rest)
        return client.post(url, body, content_type="application/x-www-form-urlencoded")
    if "json" in sent:
        return client.post(url, json.dumps(sent["json"]), content_type="application/json")
    return client.post(url, fields_of(case) | sent.get("fields_repeated", {}))


@pytest.mark.parametrize("case", pick("reject"))
def test_it_is_refused_with_a_sentence_and_nothing_is_stored_or_sent(client, mails, case):
    letter = make_letter()

    answer = post(client, letter, case)

    page = answer.content.decode()
    assert answer.status_code in (400, 413, 422)
    assert "Traceback" not in page
    if case["expect"].get("error_key") and answer.status_code == 422 and "json" not in case["input"]:
        sentences = [SENTENCES[case["expect"]["error_key"]], SENTENCES["email_too_long"]]
        assert any(escape(sentence) in page for sentence in sentences)
    assert (Signature.objects.count(), mails.mails, letter.marks.count()) == (0, [], 0)


@pytest.mark.parametrize("case", [case for case in pick("reject") if case.id.startswith("mail-")])
def test_what_was_typed_beside_it_is_kept(client, mails, case):
    letter = make_letter()

    page = client.post(f"/letters/{letter.slug}/sign/", fields_of(case)).content.decode()

    assert 'value="Ada Lovelace"' in page


@pytest.mark.parametrize("case", pick("accept", "accept_normalised"))
def test_it_is_accepted_and_stored_as_it_should_be(client, mails, case):
    letter = make_letter()

    assert sign(client, letter, mails, name=fields_of(case)["name"]).status_code == 303

    signature = Signature.objects.get()
    assert signature.name == case["expect"]["stored"]
    assert escape(signature.public_line) in client.get(f"/letters/{letter.slug}/").content.decode()
    assert counts.recount(letter).total == 1


@pytest.mark.parametrize("case", pick("reject_or_escape", "accept_literal_or_reject"))
def test_it_is_refused_or_shown_as_inert_text(client, mails, case):
    letter, name = make_letter(), fields_of(case)["name"]

    answer = ask(client, letter, name=name)

    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        type_code(client, letter, mails.code("ada@example.test"))
        answer = client.get(f"/letters/{letter.slug}/")
    page = answer.content.decode()
    assert escape(name) in page
    assert name == escape(name) or name not in page


NEUTRAL = [case for case in pick("neutral") if case.id != "mail-023"]  # there is no suppression list to be on


@pytest.mark.parametrize("case", NEUTRAL)
def test_it_cannot_be_told_from_a_first_signer(mails, case):
    letter = make_letter()
    sent = case["input"]
    address = text_of(sent["email"]) if "email" in sent else "colleague@example.test"
    sign(Client(), letter, mails, "ada@example.test")
    sign(Client(), letter, mails, "colleague@example.test")

    first, again = (ask(Client(), letter, who) for who in ("stranger@example.test", address))

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert masked(again) == masked(first)
    assert counts.recount(letter).total == 2


def masked(answer):
    """All headers but the moment, and the cookie without what is random in it."""
    cookie = answer.cookies["sign"]
    return (
        {name: value for name, value in answer.headers.items() if name != "Expires"},
        {key: value for key, value in cookie.items() if key != "expires"},
        len(answer.cookies),
    )


def test_every_case_of_the_corpus_is_run():
    run = {
        case.id
        for case in [
            *pick("reject", "accept", "accept_normalised", "reject_or_escape", "accept_literal_or_reject"),
            *NEUTRAL,
        ]
    }

    assert {case["id"] for case in CASES} - run == {"mail-023"}
