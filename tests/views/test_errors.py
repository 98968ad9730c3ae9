"""What somebody reads when something cannot be done."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.test import Client, RequestFactory
from limits import RateLimitItemPerDay

from petitions import codes, limits
from petitions.flows import letters
from petitions.views import errors
from petitions.views import letters as pages
from tests.factories import make_letter
from tests.views.signing import ask
from tests.views.test_headers import policy

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "errors"
REQUEST = RequestFactory().get("/")
ANSWERS = {
    400: errors.malformed,
    403: errors.forbidden,
    404: errors.not_found,
    429: errors.too_often,
    500: errors.broken,
    503: errors.busy,
}


def words(answer) -> str:
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", f"<{main}").split()))


def is_a_page(answer, status: int) -> bool:
    text = answer.content.decode()
    assert answer.status_code == status
    assert "Traceback" not in text
    assert [policy(answer)["default-src"], "no-store" in answer["Cache-Control"]] == ["'none'", True]
    assert not answer.cookies
    return '<meta name="robots" content="noindex">' in text and 'href="/">All letters' in text


@pytest.mark.parametrize("status", ANSWERS)
def test_no_error_needs_the_database_or_anything_of_the_request(status):
    """There is no database in this test: asking it would fail."""
    answer = ANSWERS[status](REQUEST)

    assert answer.status_code == status
    assert "<h1>" in answer.content.decode()


def busy(*_: object, **__: object) -> None:
    raise codes.Busy


def fails(_request: object) -> dict[str, str]:
    raise RuntimeError


@pytest.mark.parametrize("status", ANSWERS)
def test_no_error_is_told_what_other_pages_are_told(settings, status):
    options = configured.TEMPLATES[0]["OPTIONS"] | {"context_processors": ["tests.views.test_errors.fails"]}
    settings.TEMPLATES = [{**configured.TEMPLATES[0], "OPTIONS": options}]

    answer = ANSWERS[status](REQUEST)

    assert (answer.status_code, "<h1>" in answer.content.decode()) == (status, True)


def test_every_error_that_has_a_page_says_more_than_its_name():
    names = {path.stem for path in TEMPLATES.glob("*.html")}

    assert names == {"400", "403", "404", "405", "413", "429", "500", "503"}


@pytest.mark.django_db
def test_a_page_that_is_not_there_offers_the_search(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/no/such/page/")

    assert is_a_page(answer, 404)
    assert "copy it whole" in words(answer)
    assert 'role="search"' in answer.content.decode()


@pytest.mark.django_db
def test_a_forged_form_is_told_that_no_code_is_lost():
    answer = Client(enforce_csrf_checks=True).post(f"/letters/{make_letter().slug}/sign/", {})

    assert is_a_page(answer, 403)
    assert "Nothing was counted or changed, and a code that was sent to you is not used up." in words(answer)
    assert "load the page again" in words(answer)


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_told_little(client):
    answer = client.get("/", headers={"Host": "evil.test"})

    assert is_a_page(answer, 400)
    assert "evil.test" not in answer.content.decode()


@pytest.mark.django_db
def test_too_much_is_told_to_be_shortened(client):
    answer = client.post(f"/letters/{make_letter().slug}/sign/", {"name": "x" * 2_600_000})

    assert is_a_page(answer, 413)
    assert "shorten it" in words(answer)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/receipt/", 250_000, 422), ("/receipt/", 256_000, 413), ("/admin/login/", 300_000, 302)],
)
def test_what_everybody_may_send_is_short(client, path, size, status):
    assert client.post(path, {"receipt": "x" * size}).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/", "/robots.txt", "/letters/{slug}/", "/letters/{slug}/card.png"])
def test_a_method_that_a_page_does_not_take_is_told_so(client, url):
    answer = client.post(url.format(slug=make_letter().slug))

    assert is_a_page(answer, 405)
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (1, "Wait a minute, then go back"),
        (60, "Wait a minute, then go back"),
        (61, "Wait 2 minutes, then go back"),
        (3600, "Wait 60 minutes, then go back"),
    ],
)
def test_who_tried_too_often_is_told_how_long_to_wait(seconds, sentence):
    answer = errors.too_often(REQUEST, seconds)

    assert answer["Retry-After"] == str(seconds)
    assert sentence in words(answer)


@pytest.mark.django_db
def test_who_signs_too_often_has_lost_no_code(client, mails, monkeypatch):
    monkeypatch.setattr(limits, "ASKS", RateLimitItemPerDay(1, 1, "one"))
    letter = make_letter()
    ask(client, letter)

    answer = ask(client, letter)

    assert is_a_page(answer, 429)
    monkeypatch.undo()
    code = mails.code("ada@example.test")
    assert client.post(f"/letters/{letter.slug}/code/", {"code": code}).status_code == 303


@pytest.mark.django_db
def test_a_busy_site_says_how_long(client, mails, monkeypatch):
    letter = make_letter()
    ask(client, letter)
    mails.code("ada@example.test")

    monkeypatch.setattr(codes.sender, "send", busy)
    answer = client.post(f"/letters/{letter.slug}/code/again/")

    assert is_a_page(answer, 503)
    assert answer["Retry-After"] == "30"
    assert "Wait 30 seconds, then go back" in words(answer)


@pytest.mark.django_db
def test_a_fault_is_a_page_and_no_trace(monkeypatch):
    def fails(*_: object) -> None:
        raise RuntimeError("ada@example.test")

    monkeypatch.setattr(pages.counts, "shown_grown", fails)
    client = Client(raise_request_exception=False)

    answer = client.get(f"/letters/{make_letter().slug}/")

    assert is_a_page(answer, 500)
    assert "ada@example.test" not in answer.content.decode()
    assert "nothing is doubled" in words(answer)


def test_a_fault_in_the_page_about_faults_is_an_answer(settings, tmp_path):
    settings.TEMPLATES = [{**configured.TEMPLATES[0], "DIRS": [tmp_path], "APP_DIRS": False}]

    answer = errors.broken(REQUEST)

    assert (answer.status_code, answer["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert answer.content == b"Something broke on our side. Try again in a few minutes.\n"


def test_nothing_of_errors_is_shown_in_this_installation():
    assert configured.DEBUG is False


@pytest.mark.django_db
def test_the_search_says_what_it_did_not_find_and_how_to_go_on(client):
    make_letter(title="A fair rota")

    answer = client.get("/", {"q": "<camera>"})
    text = words(answer)

    assert "No letter matches “<bdi>&lt;camera&gt;</bdi>”" in answer.content.decode()
    assert "Try fewer words" in text
    assert "Show all letters" in text
    assert "Open for signatures" not in text


@pytest.mark.django_db
def test_the_search_shows_what_it_found_and_nothing_else(client):
    closed = make_letter(title="A closed rota")
    letters.close(closed)

    text = words(client.get("/", {"q": "rota"}))

    assert ("A closed rota" in text, "Open for signatures" in text, "No letter" in text) == (
        True,
        False,
        False,
    )


@pytest.mark.django_db
def test_a_site_without_letters_says_so(client):
    assert "No letter has been published here yet." in words(client.get("/"))


@pytest.mark.django_db
def test_a_site_whose_letters_are_closed_says_so(client):
    letters.close(make_letter())

    assert "No letter is open for signatures at the moment." in words(client.get("/"))


@pytest.mark.django_db
def test_only_a_fault_leaves_a_line_and_no_answer_that_a_page_decided_on(caplog, monkeypatch):
    """Anybody may ask all day for a format that is not there, or for codes that cannot leave."""
    client, letter = Client(raise_request_exception=False), make_letter()
    monkeypatch.setattr(codes.sender, "require_room", busy)
    monkeypatch.setattr(codes.sender, "send", busy)

    answers = [client.get("/oembed/?format=zip"), ask(client, letter, address="ada@example.test")]
    assert ([answer.status_code for answer in answers], caplog.records) == ([501, 503], [])

    monkeypatch.setattr(pages.counts, "shown_grown", fails)
    assert client.get(f"/letters/{letter.slug}/").status_code == 500
    assert [(line.name, line.levelname) for line in caplog.records] == [("django.request", "ERROR")]
