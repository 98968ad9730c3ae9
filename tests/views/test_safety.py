from __future__ import annotations

import html
import re

import pytest
from django.utils import timezone
from limits import RateLimitItemPerDay

from petitions import limits
from petitions.flows import invitations, letters, purges
from petitions.models import Purge
from tests.factories import make_draft, make_invitations, make_letter, sign

pytestmark = pytest.mark.django_db


def words(client, page: str) -> str:
    """What a person reads there."""
    answer = client.get(page)
    assert answer.status_code == 200
    main = re.search(r"<main.*</main>", answer.content.decode(), re.S)
    assert main
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main[0])).split())


def test_what_the_employer_sees_stands_before_anything_else(client):
    headings = re.findall(r"<h[123][^>]*>([^<]+)", client.get("/safety/").content.decode())

    assert headings[:2] == ["Before you sign", "What your employer can see, whatever we do"]
    assert headings.index("What we could be made to hand over today") == 4


def test_it_is_read_in_a_minute_or_little_more_up_to_what_helps(client):
    first = words(client, "/safety/").partition("How you can sign")[0]

    assert len(first.split()) < 300


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("CODE_FROM_EMAIL", "Codes <codes@bland.test>", "It comes from bland.test and says “Your code”."),
        ("DEFAULT_FROM_EMAIL", "post@letters.test", "Letters and news come from letters.test"),
        ("DEFAULT_FROM_EMAIL", "post@plain.test", "the same domain: a code's sender gives this site away"),
        ("EMAIL_HOST", "smtp.relay.test", "Mail leaves through smtp.relay.test. Whoever runs it can see"),
        ("EMAIL_HOST", "127.0.0.1", "Mail leaves from this machine"),
        ("EMAIL_HOST", "localhost", "Mail leaves from this machine"),
        ("MAILBOX_SOCKET", "/run/mailbox", "stays on this machine"),
        ("TRUSTED_PROXIES", 1, "1 computer stands between you and this program."),
        ("TRUSTED_PROXIES", 3, "3 computers stand between you and this program."),
        ("RETENTION_DAYS", 30, "names and receipts are kept for 30 days"),
        ("IS_HTTPS", True, "The way to this site encrypted"),
        ("IS_HTTPS", False, "not encrypted: whoever is in between can read along"),
        ("ONION_URL", "http://abc.onion", "also as an onion service: http://abc.onion"),
    ],
)
def test_it_says_what_the_settings_are(client, settings, setting, value, sentence):
    setattr(settings, setting, value)

    assert sentence in words(client, "/safety/")


def test_it_says_the_limits_that_hold(client, monkeypatch):
    monkeypatch.setattr(limits, "CODES", RateLimitItemPerDay(7, 1, "codes"))

    shown = words(client, "/safety/")

    assert "works for 15 minutes and 5 tries; a mailbox gets 7 a day at most" in shown
    assert "encrypted, for 60 minutes" in shown
    assert "groups of at least 5" in shown


def test_it_names_the_public_letters_that_can_be_signed_and_no_other(client):
    shown = make_letter(title="A fair rota", domains=("works.test", "rota.test"))
    make_letter(title="Only by its link", is_listed=False)
    make_draft(title="Not opened")
    letters.close(make_letter(title="Closed already"))

    page = words(client, "/safety/")

    assert f"{shown.title} : mailboxes at rota.test, works.test" in page
    assert not [title for title in ("Only by its link", "Not opened", "Closed already") if title in page]


def test_invitations_are_told_where_a_letter_takes_them(client):
    letter = make_letter()
    assert "invitations" not in words(client, "/safety/").partition("Who may sign what")[2]

    make_invitations(letter, proof="former")
    assert "invitations, which do not pass" in words(client, "/safety/").partition("Who may sign what")[2]

    invitations.void(letter, by=letter.memberships.get().user)
    assert "invitations" not in words(client, "/safety/").partition("Who may sign what")[2]


def test_the_rules_are_those_that_are_kept(client, settings):
    settings.RETENTION_DAYS = 45

    shown = words(client, "/privacy/")

    assert shown.count("45 days after the letter has closed") == 6
    assert "Not yet: this site has not been up for a night." in shown
    assert "Attempts to deliver a mail after 90 days" in shown
    assert "What organizers and operators did after 2 years" in shown


def test_it_says_when_it_was_done_last_and_what_was_there(client):
    letter = make_letter()
    for number in range(13):
        sign(letter, f"Ada {number}")
    purges.keep()
    Purge.objects.update(ran_at=timezone.now().replace(2026, 3, 4, 3, 41))

    shown = words(client, "/privacy/")

    assert "March 4, 2026" in shown
    assert "signers with a name or a role 13" in shown
    assert "marks of mailboxes 10 to 19" in shown
    assert "followers' addresses, encrypted 0 to 9" in shown


def test_a_signature_of_today_moves_no_number(client):
    letter = make_letter()
    purges.keep()
    before = words(client, "/privacy/")

    for number in range(30):
        sign(letter, f"Ada {number}")

    assert words(client, "/privacy/") == before


@pytest.mark.parametrize("page", ["/", "/safety/", "/privacy/", "/letters/{slug}/", "/letters/{slug}/sign/"])
def test_every_page_leads_there(client, page):
    answer = client.get(page.format(slug=make_letter().slug)).content.decode()

    assert 'href="/safety/"' in answer
    assert 'href="/privacy/"' in answer
