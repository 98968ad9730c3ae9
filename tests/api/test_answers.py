"""What all answers share: cacheable, open to other sites, without cookies, in English, and errors of one shape."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils.translation import get_language

from petitions import counts
from petitions.models.letters import random_slug
from tests.factories import make_draft, make_letter, sign

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/"
DOCUMENT = f"{ROOT}openapi.json"
METHODS = "GET, HEAD, OPTIONS"


def addresses(letter):
    of_it = f"{ROOT}letters/{letter.slug}/"
    return [f"{ROOT}letters/", of_it, f"{of_it}signatures/", f"{of_it}history/"]


def problem(answer):
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    told = json.loads(answer.content)
    assert (list(told), told["status"]) == (["title", "status", "detail"], answer.status_code)
    return told["title"]


def test_answers_are_kept_for_seconds_and_not_sent_twice(client):
    letter = make_letter()
    sign(letter, "Ada Lovelace")

    for address in [*addresses(letter), DOCUMENT]:
        first = client.get(address)
        again = client.get(address, headers={"If-None-Match": first["ETag"]})

        assert first["Cache-Control"] == again["Cache-Control"] == "public, max-age=3"
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert again["ETag"] == first["ETag"] == client.head(address)["ETag"]
        assert again["Access-Control-Allow-Origin"] == first["Access-Control-Allow-Origin"] == "*"


def test_a_new_signature_is_another_answer(client):
    letter = make_letter()
    before = [client.get(address)["ETag"] for address in addresses(letter)]

    sign(letter, "Ada Lovelace")

    for address, tag in zip(addresses(letter), before, strict=True):
        answer = client.get(address, headers={"If-None-Match": tag})
        assert (answer.status_code, answer["ETag"] != tag) == (200, True), address


def test_nobody_gets_a_cookie_and_nothing_depends_on_one(client):
    letter = make_letter()

    for address in [*addresses(letter), DOCUMENT, f"{ROOT}docs", f"{ROOT}nothing/"]:
        answer = client.get(address, headers={"Cookie": "session=1; csrf=2"})
        assert (dict(answer.cookies), "Vary" in answer) == ({}, False), address


def test_scripts_of_other_sites_may_ask(client):
    for address in (f"{ROOT}letters/", f"{ROOT}letters/unknown/", f"{ROOT}nothing/"):
        asked = {"Origin": "https://elsewhere.test", "Access-Control-Request-Method": "GET"}
        answer = client.options(address, headers=asked)

        assert (answer.status_code, answer.content) == (204, b"")
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["Access-Control-Allow-Methods"] == answer["Allow"] == METHODS
        assert answer["Access-Control-Allow-Headers"] == "If-None-Match"
        assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_but_reading_is_answered(settings, method):
    letter = make_letter()
    strict = Client(enforce_csrf_checks=True)

    for address in [*addresses(letter), f"{ROOT}letters/{letter.slug}/bundle/", DOCUMENT, f"{ROOT}nothing/"]:
        answer = getattr(strict, method)(address)
        assert (answer.status_code, problem(answer)) == (405, "Method Not Allowed"), address
        assert answer["Allow"] == METHODS


def test_drafts_unknown_letters_and_unknown_addresses_are_the_same_404(client):
    make_draft(slug="a-draft")
    of_letters = [f"letters/{slug}/{end}" for slug in ("a-draft", "unknown") for end in ("", "signatures/")]
    of_letters += ["letters/a-draft/history/", "letters/unknown/bundle/", f"letters/{'x' * 81}/"]

    found = [client.get(ROOT + address) for address in (*of_letters, "", "nothing", "letters/é/")]

    assert {(answer.status_code, problem(answer), answer.content) for answer in found} == {
        (404, "Not Found", found[0].content)
    }
    assert {answer.get("Cache-Control") for answer in found} == {None}


@pytest.mark.parametrize(
    ("fault", "status", "title"),
    [
        (ValueError("secret"), 500, "Internal Server Error"),
        (OperationalError("secret"), 503, "Service Unavailable"),
    ],
)
def test_a_fault_is_logged_and_tells_nothing(client, monkeypatch, caplog, fault, status, title):
    def break_(letter):
        raise fault

    monkeypatch.setattr(counts, "shown", break_)
    client.raise_request_exception = False

    answer = client.get(f"{ROOT}letters/{make_letter().slug}/")

    assert (answer.status_code, problem(answer)) == (status, title)
    assert answer.get("Retry-After") == ("30" if status == 503 else None)
    assert "secret" not in answer.content.decode()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_who_asks_for_another_state_than_ours_is_told_so(client):
    answer = client.get(f"{ROOT}letters/", headers={"If-Match": '"other"'})

    assert (answer.status_code, problem(answer)) == (412, "Precondition Failed")


def test_too_many_fields_are_not_understood(client):
    answer = client.get(f"{ROOT}letters/?{'a&' * 2_600}")

    assert (answer.status_code, problem(answer)) == (400, "Bad Request")


def test_it_is_in_english_whatever_language_is_asked_for(client, monkeypatch, settings):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    monkeypatch.setattr("petitions.models.words.gettext", lambda _text: get_language())
    letter = make_letter()
    sign(letter, "Аda Hidden")  # a Cyrillic first letter: under review
    of_it = f"/letters/{letter.slug}/signatures/"

    page = client.get(of_it, headers={"Accept-Language": "de"}).content.decode()
    told = client.get(f"{ROOT}{of_it[1:]}", headers={"Accept-Language": "de"})

    assert "<bdi>de</bdi>" in page  # so it would be seen
    assert told.json()["signatures"][0]["name"] == "en"
    assert "Accept-Language" not in told.get("Vary", "")


def test_a_letter_by_link_is_in_no_list_and_answers_at_its_address(client):
    make_letter(slug="public")
    by_link = make_letter(slug=random_slug(), is_listed=False)

    found = [client.get(address) for address in addresses(by_link)]

    assert [row["slug"] for row in found[0].json()["letters"]] == ["public"]
    assert [(answer.status_code, answer.get("X-Robots-Tag")) for answer in found] == [
        (200, None),
        (200, "noindex"),
        (200, "noindex"),
        (200, "noindex"),
    ]
