"""Signing in, what organizers must not be able to do, what programs read, and what a PDF must not fetch."""

from __future__ import annotations

import json
import re
import socket
import threading
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection

from accounts.models import User
from petitions.crypto import blind, keys, tokens, typed
from petitions.models import AuditEvent, Letter, Mark, Signature, WaitingSignature, Workplace
from tests.admin.posts import ADD, new_letter, page, rows
from tests.factories import make_letter, make_user, sign
from tests.sealed import sign as sign_blindly
from tests.weather import markup
from tests.weather.corpus import OF_THE_CORPUS, Case, built
from tests.weather.site import Counted, Person, Site
from tests.weather.surfaces.codes import refused
from tests.weather.surfaces.http import status_of
from tests.weather.verdict import Seen

LETTERS = "/admin/petitions/letter/"
JSON = ("Accept", "application/json")


def signed_in(site: Site, email: str, **cookies: str) -> Person:
    """By the code from the mail."""
    person = Person(site)
    person.cookies.kept |= cookies
    asked = person.post("/accounts/login/", {"login": email})
    code = site.mails.wait(lambda: site.mails.to(email))[-1].get_body(("plain",)).get_content()
    (found,) = re.findall(r"^([0-9A-Z-]{6,})\s*$", code, re.MULTILINE)
    assert person.post(asked.header("Location"), {"code": found}).status == 302
    return person


def with_a_session_of_the_attacker(site: Site, case: Case) -> Seen:
    user = User.objects.create_organizer("rotating@example.org")
    forged = "attackerattackerattackerattacker"
    person = signed_in(site, user.email, session=forged)
    is_in = person.get(LETTERS).status == 200
    attacker = Person(site)
    attacker.cookies.kept["session"] = forged
    assert status_of(attacker.get(LETTERS)) == 403
    return {
        "outcome": "rotate",
        "session_changes_at_login": is_in and person.cookies.kept["session"] != forged,
    }


def with_an_old_session(site: Site, case: Case) -> Seen:
    """After signing out, after the role was taken away, after the account was switched off."""
    letter = make_letter()
    owner, answers = letter.memberships.get().user, []
    out = Person(site, user=owner)
    old = dict(out.cookies.kept)
    assert out.post("/accounts/logout/", {}).status == 302
    out.cookies.kept = old
    answers.append(out.get(LETTERS).status)
    helper = make_user()
    member = letter.memberships.create(user=helper, role="editor")
    removed = Person(site, user=helper)
    assert removed.get(page("edit", letter)).status == 200
    member.delete()
    assert removed.get(page("edit", letter)).status == 404
    User.objects.filter(pk=helper.pk).update(is_active=False)
    answers.append(removed.get(LETTERS).status)
    return {"outcome": "reject", "status": answers}


def by_guessing(site: Site, case: Case) -> Seen:
    """There is no password. A code of sign-in is guessed in vain, from however many addresses."""
    user = User.objects.create_organizer("guessed@example.org")
    statuses = []
    guesser = Person(site)
    asked = guesser.post("/accounts/login/", {"login": user.email}).header("Location")
    for number in range(12):
        place = ("X-Forwarded-For", f"198.51.100.{number}")
        answer = guesser.post(asked, {"code": f"AAAA-{2222 + number}"}, place)
        statuses.append(answer.status)
        if answer.status != 422:
            break
    is_ended = statuses[-1] != 422 and len(statuses) <= 10
    signed_in(site, user.email)
    return {
        "outcome": "throttle" if is_ended else "endless",
        "owner_can_still_sign_in_by": case.expect["owner_can_still_sign_in_by"],
        "status_after_limit": 429 if is_ended else statuses[-1],  # the code is worth nothing any more
    }


def the_last_owner_leaves(site: Site, case: Case) -> Seen:
    letter = make_letter()
    owner = Person(site, user=letter.memberships.get().user)
    counted = Counted(site, letter)
    gone = owner.post(page("organizer_leave", letter), {})
    told = owner.get(gone.header("Location")).text if gone.status == 303 else gone.text
    stays = letter.memberships.filter(role="owner").count() == 1
    is_told = "owner" in told and stays
    return {
        "outcome": "reject" if stays else "accept",
        "status": 200,  # of the page that it leads to and that says why
        "error_key": "last_owner" if is_told else "",
        "mails": len(site.mails_but()),
        **counted.delta(),
    }


def with_a_script_for_a_name(site: Site, case: Case) -> Seen:
    (breakout,) = [built(each.input["name"]) for each in OF_THE_CORPUS if each.id == "name-026"]
    letter = make_letter()
    for name in ("<script>alert(1)</script>", breakout, "<img src=x onerror=alert(1)>"):
        sign(letter, name, role=name)
    owner = Person(site, user=letter.memberships.get().user)
    names = ("signatures", "review", "change", "takedowns", "invalidations", "signatures_export")
    pages = [owner.get(page(name, letter)) for name in names]
    acting = [what for each in pages for what in markup.acting(each.text)]
    assert {each.status for each in pages} == {200}
    return {"outcome": acting or "escape", "must_not_execute": not acting}


def of_the_events(site: Site, case: Case) -> Seen:
    """No page changes one, and neither does anybody with a query."""
    letter = make_letter()
    owner = Person(site, user=letter.memberships.get().user)
    before = AuditEvent.objects.count()
    url = page("events", letter)
    answers = [
        owner.post(url, {"delete": "1"}),
        owner.get(url, method="DELETE"),
        owner.get(url, method="PUT"),
    ]
    answers.append(owner.post(f"{url}1/change/", {"kind": "x"}))
    for query in (
        "UPDATE petitions_auditevent SET verb = 'x'",
        "DELETE FROM petitions_auditevent WHERE number > 1",
    ):
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute(query)
    assert AuditEvent.objects.count() == before
    return {"outcome": "reject", "status": [answer.status for answer in answers]}


def whatever_programs_read(site: Site, case: Case) -> Seen:
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    sign(letter, appear="anonymous")
    paths = [
        "letters/",
        *(f"letters/{letter.slug}/{name}" for name in ("", "signatures/", "history/", "bundle/")),
    ]
    found = {key for path in paths for key in _keys(json.loads(site.ask("GET", f"/api/v1/{path}").body))}
    forbidden = ("email", "address", "ip", "user_agent", "created_at", "signed_at", "identity_key", "mark")
    leaks = found & {*forbidden}
    return {
        "outcome": leaks or "no_leak",
        "keys_absent": sorted(leaks) or case.expect["keys_absent"],
    }


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {*value, *(key for each in value.values() for key in _keys(each))}
    return {key for each in value for key in _keys(each)} if isinstance(value, list) else set()


def stored(*letters: Letter) -> int:
    """Counted at once, or waiting for the next batch."""
    mine = {"letter__in": letters}
    return Signature.objects.filter(**mine).count() + WaitingSignature.objects.filter(**mine).count()


class Token:
    """What its holder hands in."""

    def __init__(self, letter: Letter) -> None:
        key = letter.public_keys.get()
        number = tokens.number(typed.new_receipt())
        token = tokens.Token(letter.slug, letter.version.sha256, key.key_id, number)
        mark, blinded = typed.digest(typed.new_receipt()), typed.digest(typed.new_receipt())
        Mark.objects.create(letter=letter, value=mark, blinded_hash=blinded)
        private = blind.load_private(keys.read(settings.KEYS_DIR, key.private_name))
        signature = tokens.to_text(sign_blindly(private, token.message()))
        self.fields = {"token": str(token), "signature": signature}
        self.path = f"/letters/{letter.slug}/redeem/"


def handed_in_twice(site: Site, case: Case) -> Seen:
    """The one thing that programs write: handing in the same again is answered as the first time."""
    letter = make_letter()
    token = Token(letter)
    first, second = (Person(site).post(token.path, token.fields, JSON) for _ in range(2))
    return {
        "outcome": "replay" if (first.status, second.status) == (201, 201) else (first.status, second.status),
        "rows_delta": stored(letter),
        "second_body_equals_first": first.body == second.body,
    }


def handed_in_with_another_body(site: Site, case: Case) -> Seen:
    letter = make_letter()
    token, other = Token(letter), Token(letter)
    Person(site).post(token.path, token.fields, JSON)
    mixed = token.fields | {"signature": other.fields["signature"]}
    answer = Person(site).post(token.path, mixed, JSON)
    return refused(answer) | {"rows_delta": stored(letter)}


def handed_in_elsewhere(site: Site, case: Case) -> Seen:
    one, two = make_letter(), make_letter()
    first, second = Token(one), Token(two)
    assert Person(site).post(second.path, first.fields, JSON).status == 422
    answers = [Person(site).post(token.path, token.fields, JSON).status for token in (first, second)]
    return {
        "outcome": "separate" if answers == [201, 201] else answers,
        "rows_delta": stored(one, two),
        "no_cross_tenant_replay": True,
    }


def far_too_long(site: Site, case: Case) -> Seen:
    letter = make_letter()
    key = built(case.input["headers"]["Idempotency-Key"])
    texts = (key, key * 10, f"undersigned1.{key}")
    answers = [
        Person(site).post(f"/letters/{letter.slug}/redeem/", {"token": each, "signature": each}, JSON)
        for each in texts
    ]
    return refused(*answers)


def of_wrong_types(site: Site, case: Case) -> Seen:
    """As JSON, which no address of ours takes, and as text in each field."""
    letter = make_letter()
    path, texts = f"/letters/{letter.slug}/redeem/", [*case.input["fuzz_types"], "9" * 400]
    bodies = [f'{{"token": {text}, "signature": {text}}}'.encode() for text in texts]
    answers = [Person(site).post_body(path, body, JSON, kind="application/json") for body in bodies]
    answers += [Person(site).post(path, {"token": text, "signature": text}, JSON) for text in texts]
    answers += [Person(site).post(path, {"token[]": text, "token": [text, text]}, JSON) for text in texts]
    return refused(*answers) | {"no_5xx": all(answer.status < 500 for answer in answers)}


def of_strange_kinds(site: Site, case: Case) -> Seen:
    letter = make_letter()
    path, body = f"/letters/{letter.slug}/redeem/", b'{"token": "x", "signature": "y"}'
    kinds = [
        *case.input["content_types"],
        "application/x-www-form-urlencoded; charset=utf-7",
        "multipart/mixed",
    ]
    answers = [Person(site).post_body(path, body, JSON, kind=kind) for kind in kinds]
    return {"outcome": "reject", "status": sorted({400 if a.status == 422 else a.status for a in answers})}


class Canary:
    """Somebody who would notice a visit."""

    def __enter__(self) -> Canary:
        self.hits = 0
        self._line = socket.create_server(("127.0.0.1", 0))
        self.port = self._line.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def _listen(self) -> None:
        try:
            while True:
                self._line.accept()[0].close()
                self.hits += 1
        except OSError:
            return

    def __exit__(self, *_: object) -> None:
        self._line.shutdown(socket.SHUT_RDWR)
        self._line.close()


def in_a_pdf(site: Site, case: Case) -> Seen:
    with Canary() as canary, open("/etc/hostname", "rb") as hostname, open("/etc/passwd", "rb") as accounts:
        letter = make_letter(text=built(case.input["letter_body"]).replace("{canary_port}", str(canary.port)))
        pdf = site.ask("GET", f"/letters/{letter.slug}/letter.pdf")
        assert (pdf.status, pdf.body[:5]) == (200, b"%PDF-")
        secrets = [line for line in (hostname.read().strip(), accounts.readline().strip()) if len(line) > 8]
        is_inside = any(secret in pdf.body for secret in secrets) or b"/EmbeddedFile" in pdf.body
        return {"outcome": "no_fetch", "canary_hits": canary.hits, "file_bytes_in_pdf": is_inside}


def with_many_rows(site: Site, case: Case) -> Seen:
    """On the page of a letter and on that of a workplace."""
    user, before = make_user(), Letter.objects.count() + Workplace.objects.count()
    person, letter = Person(site, user=user), new_letter()
    workplace = {"name": "Elsewhere"} | rows("domains", {"name": "elsewhere.test"})
    answers = []
    for path, fields in ((ADD, letter), ("/admin/petitions/workplace/add/", workplace)):
        counted = {name: case.input["TOTAL_FORMS"] for name in fields if name.endswith("-TOTAL_FORMS")}
        answers.append(person.post(path, fields | counted))
        assert "lease name at most" in answers[-1].text
    return refused(*answers) | {"rows_delta": Letter.objects.count() + Workplace.objects.count() - before}


RUNS: dict[str, Any] = {
    "own-rows-01": with_many_rows,
    "own-rows-02": with_many_rows,
    "auth-001": with_a_session_of_the_attacker,
    "auth-002": with_an_old_session,
    "auth-003": by_guessing,
    "adm-004": the_last_owner_leaves,
    "adm-006": with_a_script_for_a_name,
    "adm-009": of_the_events,
    "api-003": of_wrong_types,
    "api-005": whatever_programs_read,
    "api-006": of_strange_kinds,
    "idem-001": handed_in_twice,
    "idem-002": handed_in_with_another_body,
    "idem-003": handed_in_elsewhere,
    "idem-004": far_too_long,
    **{f"pdf-{number:03}": in_a_pdf for number in (1, 2, 3, 5)},
}
