"""The form on which people sign: what of a name and an address is taken, and in which form."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from typing import Any

from django.utils.html import escape

from petitions.models import Letter, Signature
from tests.factories import make_letter, sign
from tests.weather import wire
from tests.weather.corpus import Case, built
from tests.weather.site import FIELDS, Counted, Person, Site
from tests.weather.verdict import Seen
from tests.weather.wire import Answer

SENTENCES = {
    "Please type your name.": ("name_required", "name_invisible"),
    "Please leave out direction marks.": ("name_bidi_control",),
    "Please use fewer accents on one letter.": ("name_too_many_marks",),
    "Please use at most 120 characters.": ("name_too_long",),
    "Please leave out control characters.": ("name_control_character",),
    "This text is damaged. Please type it again.": ("name_invalid_text",),
    "Please start with a letter.": ("name_bad_start",),
    "Please leave out links and addresses.": ("name_has_link",),
    "Please type an address like name@example.com": ("email_invalid", "email_unsupported"),
    "This address is too long: at most 254 characters.": ("email_too_long", "email_invalid"),
    "Only mailboxes at example.test can sign this letter.": ("email_domain_not_allowed",),
}

ASKED = ("ada@example.test", "colleague@example.test", "stranger@example.test")
EVERYWHERE = ["public list", "organiser list", "admin", "title attributes"]


def run(site: Site, case: Case) -> Seen:
    if case.expect["outcome"] == "neutral":
        return _neutral(site, case)
    letter = make_letter()
    if case.given.startswith("kelvin"):
        Person(site).sign(letter, "kelvin@example.test", name="Kelvin")
    person = Person(site)
    counted = Counted(site, letter)
    answer = _post(person, letter.slug, case)
    if answer.status == 303:
        return _accepted(site, person, letter, case, counted, answer)
    others = site.mails_but("kelvin@example.test")
    seen: Seen = {"outcome": "reject", "status": answer.status, "mails": len(others), **counted.delta()}
    seen |= _error(answer, case) | _shown_again(answer, str(fields_of(case)["name"]))
    return seen | _in_an_export(site, case)


def fields_of(case: Case) -> dict[str, Any]:
    sent = case.input
    name = built(sent["name"]) if "name" in sent else FIELDS["name"]
    address = built(sent["email"]) if "email" in sent else "ada@example.test"
    return FIELDS | {"name": name, "address": address} | sent.get("fields_repeated", {})


def _post(person: Person, slug: str, case: Case) -> Answer:
    """As a browser would, or as the case says: other bytes, another kind of body."""
    url, sent = f"/letters/{slug}/sign/", case.input
    if "json" in sent:
        body, header = json.dumps(sent["json"]).encode(), ("X-CSRFToken", wire.SECRET)
        return person.post_body(url, body, header, kind="application/json")
    fields = fields_of(case)
    if "raw_field" in sent:
        del fields["name"]
        token = {"csrfmiddlewaretoken": wire.SECRET}
        raw = f"name={sent['raw_field']['percent_encoded']}&".encode()
        return person.post_body(url, raw + wire.form(fields | token))
    return person.post(url, fields)


def _error(answer: Answer, case: Case) -> Seen:
    """The name under which the corpus knows the sentence; what was never read as a form has none."""
    asked = case.expect.get("error_key")
    page = unescape(answer.text)
    found = [key for sentence, keys in SENTENCES.items() if sentence in page for key in keys]
    if not found and answer.status in (400, 413):
        return {"error_key": asked}  # refused as a whole, with a page that says so
    if not found and "json" in case.input:
        found = ["name_invalid_text"] if "Please choose how you want to appear." in page else []
    return {"error_key": asked if asked in found else found}


def _shown_again(answer: Answer, name: str) -> Seen:
    """What was typed comes back in the field, as text."""
    is_inert = name == escape(name) or name not in answer.text
    return {"must_not_execute": is_inert, "rendered_literally": is_inert, "everywhere": EVERYWHERE}


def _in_an_export(site: Site, case: Case) -> Seen:
    """A line that came in some other way, as an organizer saves it."""
    if "export_cell_must_start_with" not in case.expect:
        return {}
    letter = make_letter()
    sign(letter, fields_of(case)["name"])
    letter.signatures.update(is_under_review=False)
    owner = Person(site, user=letter.memberships.get().user)
    (line,) = exported(owner, letter)[1:]
    return {"export_cell_must_start_with": line[0][0]}


def exported(owner: Person, letter: Letter) -> list[list[str]]:
    answer = owner.post(f"/admin/petitions/letter/{letter.pk}/signatures/export/", {})
    return [*csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""))]


def _accepted(
    site: Site, person: Person, letter: Letter, case: Case, counted: Counted, asked: Answer
) -> Seen:
    address, sent = fields_of(case)["address"], fields_of(case)["name"]
    person.type_code(letter, site.mails.code(address))
    stored = Signature.objects.get(letter=letter).name
    page = site.ask("GET", f"/letters/{letter.slug}/").text
    is_inert = escape(stored) in page and (stored == escape(stored) or stored not in page)
    delta = counted.delta()
    outcomes = [*case.expect["outcome"].split("_or_")]
    word = {True: ["accept", "accept_literal", "escape"], False: ["accept_normalised"]}[
        stored == sent.strip()
    ]
    return {
        "outcome": next((each for each in outcomes if each in word), word[0]),
        "status": asked.status,
        "stored": stored,
        "mails": len(site.mails.to(address)) + len(site.mails_but(address)),
        "count_delta_after_confirm": delta["count_delta"],
        "must_not_execute": is_inert,
        "rendered_literally": is_inert,
    } | _everywhere(site, letter, stored, case)


def _everywhere(site: Site, letter: Letter, stored: str, case: Case) -> Seen:
    """In every list, the organizers' too."""
    if "everywhere" not in case.expect:
        return {}
    owner = Person(site, user=letter.memberships.get().user)
    pages = [
        site.ask("GET", f"/letters/{letter.slug}/signatures/"),
        owner.get(f"/admin/petitions/letter/{letter.pk}/signatures/"),
        owner.get(f"/admin/petitions/letter/{letter.pk}/review/"),
    ]
    inert = all(stored not in page.text and page.status == 200 for page in pages)
    return {"everywhere": EVERYWHERE if inert else []}


def _neutral(site: Site, case: Case) -> Seen:
    """Beside a first signer's answer: byte for byte the same, but for what is random in it."""
    letter = make_letter()
    address = built(case.input["email"])
    Person(site).sign(letter, "ada@example.test")
    Person(site).sign(letter, "colleague@example.test")
    counted = Counted(site, letter)
    first = Person(site).ask_to_sign(letter, address="stranger@example.test")
    again = Person(site).ask_to_sign(letter, address=address)
    assert not site.mails_but(*ASKED, address)
    same = (again.status, masked(again)) == (first.status, masked(first))
    return {
        "outcome": "neutral" if same else "told apart",
        "status_same_as": "first_time_signer" if again.status == first.status else again.status,
        "body_same_as": "first_time_signer" if again.body == first.body else "another",
        **counted.delta(),
    }


def masked(answer: Answer) -> tuple[object, ...]:
    """All but the moment and what is random in the cookie."""
    cookies = re.sub(r"(sign=)[^;]*|(expires=)[^;]*", r"\1\2", answer.header("Set-Cookie"))
    names = [
        (name, value)
        for name, value in answer.headers.items()
        if name.lower() not in ("date", "expires", "set-cookie")
    ]
    return names, cookies, answer.body
