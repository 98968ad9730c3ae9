import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Engine

from petitions.documents.mailhtml import inline
from petitions.documents.text import to_html, to_text

TEMPLATES = Path(__file__).parents[2] / "templates"
ENGINE = Engine(
    dirs=[str(TEMPLATES)],
    libraries={"i18n": "django.templatetags.i18n"},
    string_if_invalid="MISSING",
)
WITH_HTML = [
    "letter",
    "milestone",
    "closing",
    "update",
    "response",
    "correction",
    "takedown",
    "trouble",
    "mismatch",
    "burst",
    "organizer",
]
NOTICES = ["milestone", "closing", "update", "response", "correction"]
BODY = "We **ask** you & <b>him</b>."

CONTEXT: dict[str, Any] = {
    "letter": {
        "title": "Fair & <square>",
        "url": "https://letters.example.test/letters/fair/",
        "verify_url": "https://letters.example.test/letters/fair/verify/",
        "signing_line": "Employees of Example",
        "contact_address": "letter@example.test",
        "text_language": "en",
        "text_direction": "auto",
    },
    "recipient": {"name": "Mary Major", "role": "Chief Executive"},
    "body_html": to_html(BODY),
    "body_text": to_text(BODY),
    "demands": [
        {"number": 1, "title": "Stop & think", "html": to_html("*Now.*"), "text": to_text("*Now.*")},
        {"number": 2, "title": "A say", "html": "", "text": ""},
    ],
    "proof_lines": [
        "450 distinct work mailboxes at example.com, by typed code; names are as typed, not checked."
    ],
    "has_names": True,
    "snapshot": {"sha256": "b7e1" * 16, "made_at": datetime(2018, 10, 16, 9, 12, 33, tzinfo=UTC)},
    "version": {"number": 2, "title": "Fair & <square>", "sha256": "0f3c" * 16},
    "answer_line": "Or reply to this mail.",
    "room_url": "https://letters.example.test/answer/secret/",
    "publication": {"recipient": "Mary <Major>", "published_at": datetime(2018, 11, 2, tzinfo=UTC)},
    "answers": [
        {"demand": None, "status": "", "html": to_html(BODY), "text": to_text(BODY), "is_hidden": False},
        {
            "demand": {"number": 2, "title": "A <square> say"},
            "status": "refused",
            "html": "",
            "text": "",
            "is_hidden": True,
        },
    ],
    "has_links": True,
    "milestone": {"threshold": 100, "reached_at": datetime(2018, 10, 16, 9, 12, 33, tzinfo=UTC)},
    "count": 117,
    "is_organizer": False,
    "admin_url": "https://letters.example.test/admin/letter/3/",
    "unsubscribe_url": "https://letters.example.test/unsubscribe/secret/",
    "update": {"title": "They <answered> & more"},
    "url": "https://letters.example.test/accounts/login/",
    "role": "editor",
    "site_url": "https://letters.example.test",
    "abuse_url": "https://letters.example.test/abuse/",
    "until": datetime(2018, 10, 23, 9, 12, 33, tzinfo=UTC),
    "code": "ABCD-EFGH",
}


def render(name: str, **changes: Any) -> str:
    return ENGINE.get_template(f"emails/{name}").render(Context(CONTEXT | changes))


def test_code_mail_is_neutral() -> None:
    subject, text = render("code_subject.txt"), render("code.txt")

    assert subject == "Your code\n"
    assert "ABCD-EFGH" in text.splitlines()
    for word in ("letter", "sign", "employ", "work", "petition", "http", "://", "undersigned"):
        assert word not in (subject + text).lower()
    assert not (TEMPLATES / "emails" / "code.html").exists()


@pytest.mark.parametrize("name", ["code", *WITH_HTML])
def test_text_is_not_escaped_and_misses_nothing(name: str) -> None:
    for part in (f"{name}_subject.txt", f"{name}.txt"):
        assert re.search(r"MISSING|&(amp|lt|#x?\d+);", render(part)) is None
    assert len(render(f"{name}_subject.txt").strip().splitlines()) == 1
    assert [line for line in render(f"{name}.txt").splitlines() if len(line) > 72 and " " in line] == []


@pytest.mark.parametrize("name", WITH_HTML)
def test_html_is_escaped_inlined_and_asks_for_nothing(name: str) -> None:
    html = inline(render(f"{name}.html"))

    assert "MISSING" not in html
    assert "<square>" not in html
    assert "<answered>" not in html
    assert "prefers-color-scheme: dark" in html
    assert "max-width: 480px" in html
    assert '<td class="content" style="' in html
    assert re.search(r"<(img|link|script|iframe|form)|url\(|@import", html) is None


@pytest.mark.parametrize("name", WITH_HTML)
def test_html_says_what_the_text_says(name: str) -> None:
    page = Words()
    page.feed(render(f"{name}.html"))
    shown = " ".join("".join(page.found).split()).lower()

    addresses = re.findall(r"https://\S+", render(f"{name}.txt"))
    assert [address for address in addresses if address not in page.addresses] == []
    for sentence in (
        "who opens it",
        "it now has 117",
        "stays as it is until",
        "mary major",
        "no more can be added",
    ):
        assert (sentence in shown) == (sentence in " ".join(render(f"{name}.txt").split()).lower())


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.addresses: list[str | None] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value for name, value in attrs if name == "href"]


@pytest.mark.parametrize("form", ["txt", "html"])
def test_letter_is_complete(form: str) -> None:
    mail = render(f"letter.{form}")

    parts = [
        "Mary Major, Chief Executive",
        "ask",
        "1. Stop",
        "Now.",
        "2. A say",
        "Employees of Example",
        "450 distinct work mailboxes",
        "attached as a PDF",
        "https://letters.example.test/answer/secret/",
        "Or reply to this mail.",
        "https://letters.example.test/letters/fair/",
        "0f3c" * 16,
        "b7e1" * 16,
        "https://letters.example.test/letters/fair/verify/",
    ]
    places = [mail.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert "09:12" not in mail


@pytest.mark.parametrize("name", NOTICES)
@pytest.mark.parametrize("form", ["txt", "html"])
def test_notice_ends_with_the_way_out_or_the_way_in(name: str, form: str) -> None:
    to_follower = render(f"{name}.{form}")
    to_organizer = render(f"{name}.{form}", is_organizer=True, unsubscribe_url="")

    assert "/unsubscribe/secret/" in to_follower
    assert "/admin/" not in to_follower
    assert "/admin/" in to_organizer
    assert "/unsubscribe/" not in to_organizer


@pytest.mark.parametrize("name", ["milestone", "closing", "update", "response", "correction", "takedown"])
def test_subject_of_a_notice_names_nothing(name: str) -> None:
    subject = render(f"{name}_subject.txt")

    assert "Fair" not in subject
    assert "answered" not in subject
