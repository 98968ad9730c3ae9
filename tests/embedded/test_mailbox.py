import pytest
from django.urls import reverse

from tests.embedded.sending import send

pytestmark = pytest.mark.usefixtures("sent_here")

JSON = {"HTTP_ACCEPT": "application/json"}


def test_the_list_is_read_by_scripts(client):
    key = send("First")
    send("Second", html="", attachment=b"%PDF")

    second, first = client.get("/mailbox/", **JSON).json()

    assert (first["key"], first["subject"], first["to"]) == (key, "First", "jeff@example.com")
    assert first["text"].splitlines() == ["Words", "http://testserver/answer/x/"]
    assert (first["html"].strip(), first["attachments"]) == ("<p>Words</p>", [])
    assert (second["subject"], second["html"]) == ("Second", "")
    assert second["attachments"] == [
        {
            "filename": "letter.pdf",
            "content_type": "application/pdf",
            "size": 4,
            "url": f"http://testserver/mailbox/{second['key']}/attachments/0/",
        }
    ]


def test_an_empty_list_is_a_list(client):
    assert client.get("/mailbox/", **JSON).json() == []


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
    ],
)
def test_browsers_get_a_page_and_scripts_get_json(client, accept, content_type):
    answer = client.get("/mailbox/", HTTP_ACCEPT=accept)

    assert answer["Content-Type"] == content_type
    assert "Accept" in answer["Vary"]


def test_the_page_shows_the_newest_mail_first(client):
    key = send("First", attachment=b"%PDF")
    send("Second")

    page = client.get("/mailbox/").content.decode()

    assert page.index("Second") < page.index("First")
    assert page.count('class="mail"') == 2
    assert "jeff@example.com" in page
    assert f'href="/mailbox/{key}/attachments/0/"' in page
    assert f'src="/mailbox/{key}/html/"' in page
    assert '<a href="http://testserver/answer/x/" rel="nofollow">' in page


def test_the_page_escapes_what_a_mail_says(client):
    send("<script>alert(1)</script>")

    assert "<script>alert" not in client.get("/mailbox/").content.decode()


def test_the_html_of_a_mail_can_do_nothing(client):
    answer = client.get(reverse("mailbox_html", args=[send(html="<p>Words</p>")]))

    assert answer.content.strip() == b"<p>Words</p>"
    assert sorted(answer["Content-Security-Policy"].split("; ")) == [
        "default-src 'none'",
        "frame-ancestors 'self'",
        "img-src 'self' data:",
        "sandbox",
        "style-src 'unsafe-inline'",
    ]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_an_attachment_is_a_download_as_it_was_sent(client):
    key = send(attachment=b"%PDF \x00\xff")
    answer = client.get(reverse("mailbox_attachment", args=[key, 0]))

    assert answer.content == b"%PDF \x00\xff"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    assert "sandbox" in answer["Content-Security-Policy"]
