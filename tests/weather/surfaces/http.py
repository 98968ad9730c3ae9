"""What is wrong with a request before anybody looks at its form: headers, methods, paths, bodies, caches."""

from __future__ import annotations

import json
import re
import socket
import time
from contextlib import ExitStack
from typing import Any

from django.db import connection

from petitions import limits
from tests.factories import make_letter, sign
from tests.weather import wire
from tests.weather.corpus import Case, built, gzip_zeros
from tests.weather.site import Counted, Person, Site
from tests.weather.verdict import Seen
from tests.weather.wire import Answer

EVIL = "evil.example.test"


def with_foreign_names(site: Site, case: Case) -> Seen:
    """The page and the mail are built from what is configured."""
    letter, person = make_letter(), Person(site)
    name, value = next(iter(case.input["headers"].items()))
    value = value.replace("{site}", "localhost")
    host = value if name == "Host" else ""
    header = [] if host else [(name, value)]
    page = site.ask("GET", f"/letters/{letter.slug}/", header, host=host)
    follower, token = "me@home.test", {"csrfmiddlewaretoken": wire.SECRET}
    cookie = [("Cookie", person.cookies.header()), ("Content-Type", wire.FORM), *header]
    asked = site.ask(
        "POST",
        f"/letters/{letter.slug}/follow/",
        cookie,
        wire.form({"address": follower} | token),
        host=host,
    )
    word = "reject" if page.status == 400 else "ignore"
    if asked.status == 303:
        mail = site.mails.wait(lambda: site.mails.to(follower))[0]
        assert "99999" not in str(mail)
        assert EVIL not in str(mail)
        assert "99999" not in page.text
    shown = [each for each in case.expect.get("must_not_contain", []) if each in page.text]
    return {
        "outcome": word,
        "must_not_contain": shown or case.expect.get("must_not_contain"),
        "mail_links_host": "configured site",
    }


def from_forged_places(site: Site, case: Case) -> Seen:
    """Counted by the last address that our one proxy has added, whatever stands before it."""
    letter, real = make_letter(), "203.0.113.7"
    assert limits.allows(limits.ASKS, "client", real, cost=limits.ASKS.amount - 2)
    given = case.input["headers"]["X-Forwarded-For"]
    path, body = f"/letters/{letter.slug}/redeem/", wire.form({"token": "x", "signature": "y"})
    forged = [given.replace("198.51.100.7", f"198.51.100.{n}").replace("{real}", real) for n in range(3)]
    statuses = [site.ask("POST", path, [("X-Forwarded-For", places)], body).status for places in forged]
    other = site.ask("POST", path, [("X-Forwarded-For", f"{real}, 203.0.113.8")], body)
    assert other.status == 422, other.status
    is_by_the_last = statuses == [422, 422, 429]
    return {"outcome": "ignore", "client_ip_used": "{real}" if is_by_the_last else statuses}


def from_broken_places(site: Site, case: Case) -> Seen:
    letter = make_letter()
    header = [("X-Forwarded-For", case.input["headers"]["X-Forwarded-For"])]
    answers = [
        site.ask("GET", f"/letters/{letter.slug}/", header),
        site.ask("POST", f"/letters/{letter.slug}/redeem/", header),
    ]
    is_ignored = [answer.status for answer in answers] == [200, 422]
    return {
        "outcome": "ignore" if is_ignored else "noticed",
        "no_5xx": all(answer.status < 500 for answer in answers),
    }


def with_a_body(site: Site, case: Case) -> Seen:
    """To the form that people sign, and to the one that asks for no cookie."""
    letter, person = make_letter(), Person(site)
    headers = [*case.input.get("headers", {}).items()]
    body = _body(case.input["body"])
    kind = case.input.get("content_type", wire.FORM)
    paths = (f"/letters/{letter.slug}/sign/", f"/letters/{letter.slug}/redeem/")
    token = ("X-CSRFToken", wire.SECRET)
    statuses = sorted({person.post_body(path, body, token, *headers, kind=kind).status for path in paths})
    return {"outcome": "reject", "status": statuses}


def _body(given: dict[str, Any]) -> bytes:
    if given.get("gen") == "gzip_zeros":
        return gzip_zeros(given["bytes"])
    return built(given).encode()


def on_strange_pages(site: Site, case: Case) -> Seen:
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    paths = [
        f"{path}?page={wire.form({'': page})[1:].decode()}"
        for page in case.input["query"]["page"]
        for path in (f"/letters/{letter.slug}/signatures/", "/", f"/api/v1/letters/{letter.slug}/signatures/")
    ]
    return {"outcome": "reject", "status": sorted({site.ask("GET", path).status for path in paths})}


def with_another_s_secret(site: Site, case: Case) -> Seen:
    letter = make_letter()
    body = wire.form({"csrfmiddlewaretoken": "v" * 32, "address": "ada@example.test"})
    answer = Person(site).post_body(f"/letters/{letter.slug}/sign/", body)
    assert not site.mails_but()
    return {"outcome": "reject", "status": answer.status}


def framed(site: Site, case: Case) -> Seen:
    letter = make_letter()
    owner = Person(site, user=letter.memberships.get().user)
    pages = ["sign/", "code/", "signed/", "follow/", "redeem/", "token/offline/", ""]
    paths = [
        *(f"/letters/{letter.slug}/{page}" for page in pages),
        "/receipt/",
        "/abuse/",
        "/accounts/login/",
    ]
    paths += ["/admin/", f"/admin/petitions/letter/{letter.pk}/change/", "/no/such/page/"]
    policies = {path: owner.get(path).header("Content-Security-Policy") for path in paths}
    missing = [path for path, policy in policies.items() if "frame-ancestors 'none'" not in policy]
    return {"outcome": "header", "csp_has": missing or "frame-ancestors 'none'"}


def into_a_cache(site: Site, case: Case) -> Seen:
    """What a shared cache keeps of an attacker's visit is what the next visitor would have got anyway."""
    letter = make_letter()
    paths = ["/", f"/letters/{letter.slug}/", f"/letters/{letter.slug}/embed/", "/sitemap.xml", "/robots.txt"]
    attack = [*case.input["headers"].items()]
    changed = [path for path in paths if site.ask("GET", path).body != site.ask("GET", path, attack).body]
    vary = site.ask("GET", "/", attack).header("Vary")
    assert "Accept-Language" in vary
    return {"outcome": "leak" if changed else "no_leak", "second_visitor_page_unchanged": not changed}


def as_if_a_file(site: Site, case: Case) -> Seen:
    """A cache that keeps by suffix gets nothing of anybody's page."""
    letter = make_letter()
    owner = Person(site, user=letter.memberships.get().user)
    paths = ["/admin/x.css", f"/admin/petitions/letter/{letter.pk}/change/x.css", "/accounts/login/x.css"]
    paths += [f"/letters/{letter.slug}/signed/x.css", "/receipt/x.css", "/account/x.css", "/admin/;x.css"]
    answers = [owner.get(path) for path in paths]
    assert all("no-store" in answer.header("Cache-Control") for answer in answers)
    assert not any(letter.title in answer.text for answer in answers)
    return {"outcome": "reject", "status": sorted({answer.status for answer in answers})}


def by_strange_methods(site: Site, case: Case) -> Seen:
    """On every kind of page. PUT and DELETE change nothing either."""
    letter = make_letter()
    counted, owner = Counted(site, letter), Person(site, user=letter.memberships.get().user)
    paths = ["/", "/receipt/", "/admin/", "/api/v1/letters/", "/healthz", "/robots.txt", "/static/site.css"]
    paths += [f"/letters/{letter.slug}/{page}" for page in ("", "sign/", "redeem/", "letter.pdf", "follow/")]
    paths += [f"/admin/petitions/letter/{letter.pk}/{page}" for page in ("change/", "delete/", "close/")]
    answers = [owner.get(path, method=method) for path in paths for method in case.input["method"]]
    letter.refresh_from_db()
    assert letter.is_open
    assert counted.delta()["rows_delta"] == 0
    assert not any(b"csrf=" in answer.body for answer in answers)  # TRACE would tell what was sent
    return {"outcome": "reject", "status": sorted({answer.status for answer in answers})}


def with_another_method_inside(site: Site, case: Case) -> Seen:
    letter = make_letter()
    headers = [*case.input["headers"].items()]
    plain = site.ask("GET", f"/letters/{letter.slug}/")
    found = site.ask("GET", f"/letters/{letter.slug}/?_method=DELETE", headers)
    letter.refresh_from_db()
    same = (plain.status, letter.is_open) == (found.status, True)
    return {"outcome": "ignore" if same else "obeyed"}


def with_a_line_for_the_log(site: Site, case: Case) -> Seen:
    before = site.measure()
    answer = site.ask("GET", case.input["path"].replace(" ", "%20"))
    logged = site.logged_since(before)
    return {"outcome": "reject", "status": answer.status, "log_single_line": "forged" not in logged}


def for_files(site: Site, case: Case) -> Seen:
    answers = [site.ask("GET", path) for path in case.input["paths"]]
    assert not any(re.search(rb"SQLite format|import os|\[core\]|SECRET_KEY", each.body) for each in answers)
    return {"outcome": "reject", "status": sorted(map(status_of, answers))}


def status_of(answer: Answer) -> int:
    """Whoever is sent to the sign-in page was refused."""
    return 403 if "/login/?next=" in answer.header("Location") else answer.status


def slowly(site: Site, case: Case) -> Seen:
    """Bodies that drip on as many lines as the case says; meanwhile others are answered."""
    letter, number = make_letter(), case.input["slow"]["connections"]
    head = wire.request(
        "POST",
        f"/letters/{letter.slug}/redeem/",
        [("Host", f"localhost:{site.port}"), ("Content-Length", "1000"), ("Content-Type", wire.FORM)],
    )
    page = f"/letters/{letter.slug}/"
    usual = [_between_drops(site, page, []) for _ in range(20)]
    with ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection(("127.0.0.1", site.port))) for _ in range(number)
        ]
        for line in lines:
            line.sendall(head + b"t")
        meanwhile = [_between_drops(site, page, lines) for _ in range(20)]
    late, most = (
        sorted(meanwhile)[18],
        max(1.0, 10 * sorted(usual)[18]),
    )  # a busy machine was slow before as well
    return {
        "outcome": "survive",
        "other_clients_p95_ms_max": min(late, 1.0) * 1000 if late <= most else late * 1000,
    }


def _between_drops(site: Site, page: str, lines: list[socket.socket]) -> float:
    """Seconds until somebody else has the page."""
    for line in lines:
        line.sendall(b"t")
    begin = time.monotonic()
    assert site.ask("GET", page).status == 200
    return time.monotonic() - begin


def at_a_fault(site: Site, case: Case) -> Seen:
    """A row that no flow writes: the page of its letter fails."""
    letter = make_letter()
    with connection.cursor() as cursor:  # no model of ours would
        words = [json.dumps([{"ada@example.test": "SELECT"}]), letter.pk]
        cursor.execute("UPDATE petitions_version SET demands = %s WHERE letter_id = %s", words)
    site.is_at_fault = True
    answer = site.ask("GET", f"/letters/{letter.slug}/")
    found = [word for word in case.expect["must_not_contain"] if word in answer.text]
    word = (
        "generic_error"
        if answer.status == 500 and "Something broke on our side" in answer.text
        else answer.status
    )
    return {"outcome": word, "must_not_contain": found or case.expect["must_not_contain"]}


def with_foreign_origins(site: Site, case: Case) -> Seen:
    letter = make_letter()
    origins = [each.replace("{site}", "localhost") for each in case.input["headers"]["Origin"]]
    paths = (
        f"/letters/{letter.slug}/",
        f"/api/v1/letters/{letter.slug}/",
        "/receipt/",
        "/admin/",
        "/oembed/?url=x",
    )
    answers = [site.ask("GET", path, [("Origin", origin)]) for path in paths for origin in origins]
    allowed = {answer.header("Access-Control-Allow-Origin") for answer in answers}
    credentials = {answer.header("Access-Control-Allow-Credentials") for answer in answers}
    posts = [
        Person(site).post(
            f"/letters/{letter.slug}/sign/", {"address": "ada@example.test"}, ("Origin", origin)
        )
        for origin in origins
    ]
    assert {answer.status for answer in posts} == {403}
    return {
        "outcome": "header",
        "no_allow_origin_echo": allowed <= {"", "*"},
        "no_allow_credentials": credentials == {""},
    }


RUNS = {
    "http-002": with_foreign_names,
    "http-003": with_foreign_names,
    "http-005": from_forged_places,
    "http-006": from_broken_places,
    "http-007": with_a_body,
    "http-012": with_a_body,
    "http-013": with_a_body,
    "http-014": slowly,
    "http-016": on_strange_pages,
    "http-020": with_another_s_secret,
    "http-021": with_a_body,
    "http-022": framed,
    "http-024": into_a_cache,
    "http-025": as_if_a_file,
    "http-026": by_strange_methods,
    "http-027": with_another_method_inside,
    "http-029": with_a_line_for_the_log,
    "http-030": for_files,
    "http-031": at_a_fault,
    "http-033": with_foreign_origins,
}
