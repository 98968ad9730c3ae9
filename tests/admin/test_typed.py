"""What is typed is shown as it would look; looking saves nothing."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from pypdf import PdfReader

from accounts.models import User
from petitions.models import AuditEvent, Letter, Membership
from tests.admin.posts import as_stored, corrected, new_letter, page
from tests.factories import make_workplace

NEW = "/admin/petitions/letter/0/typed/"


def stored() -> list[object]:
    rows = Letter.objects.order_by("pk").values(), Membership.objects.values(), AuditEvent.objects.values()
    return [list(table) for table in rows]


def words(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_page_mail_and_pdf_of_what_was_never_saved(as_owner, owner):
    data = new_letter(text="We *hope*.", workplaces=[make_workplace("example.test").pk])
    before = stored()

    shown, mail, pdf = (as_owner.post(f"{NEW}{part}", data) for part in ("page/", "mail/", "letter.pdf"))

    assert (shown.status_code, mail.status_code, pdf.status_code) == (200, 200, 200)
    for answer in (shown, mail):
        assert "<em>hope</em>" in words(answer) or "hope</em>" in words(answer)
        assert "Pay for changes" in words(answer)
    assert "Erin Chief" in words(shown)
    assert "Pay for changes" in PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert stored() == before == [[], [], []]


def test_changes_of_a_letter_are_shown_and_not_saved(as_owner, draft):
    before = stored()
    data = as_stored(draft, title="A better title", seen="of yesterday") | {"demands-1-DELETE": "on"}
    shown = words(as_owner.post(page("typed_page", draft), data))
    assert '<bdi lang="en" dir="auto">A better title</bdi>' in shown
    assert "Publish the rota two weeks ahead" in shown
    assert "Pay for changes" not in shown
    assert stored() == before
    assert draft.demands.count() == 2


def test_open_letter_shows_what_can_still_change(as_owner, letter):
    shown = words(
        as_owner.post(page("typed_page", letter), as_stored(letter, contact_address="a@union.test"))
    )
    assert "a@union.test" in shown
    assert Letter.objects.get().contact_address == ""
    assert shown.count('class="button" role="link" aria-disabled="true"') == 3
    assert "Its buttons to sign do nothing here." in shown
    assert f'href="/letters/{letter.slug}/sign/"' not in shown


def test_what_cannot_be_saved_says_why(as_owner, draft):
    data = as_stored(draft, title="", goal=0) | {"recipients-0-address": "nobody", "demands-1-number": 1}
    answer = as_owner.post(page("typed_page", draft), data)
    assert answer.status_code == 422
    for reason in (
        "Title: Please fill this in.",
        "Goal: A goal is above zero.",
        "E-mail address: Please type",
    ):
        assert reason in words(answer)
    assert "Two demands have the number 1." in words(answer)


@pytest.mark.parametrize(
    ("part", "policy"),
    [
        ("page", ["img-src 'self'", "sandbox allow-same-origin", "style-src 'self'"]),
        ("mail", ["sandbox", "style-src 'unsafe-inline'"]),
    ],
)
def test_previews_are_framed_by_this_site_and_run_nothing(as_owner, draft, part, policy):
    answer = as_owner.post(page(f"typed_{part}", draft), as_stored(draft))
    rules = sorted(answer["Content-Security-Policy"].split("; "))
    assert rules == sorted([*policy, "default-src 'none'", "frame-ancestors 'self'"])
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in answer.content.decode()


def test_buttons_keep_what_was_typed_without_script(as_owner, draft):
    shown = words(as_owner.get(page("edit", draft)))
    for name in ("page", "mail"):
        assert f'formtarget="typed" formaction="{page(f"typed_{name}", draft)}"' in shown
    assert '<iframe name="typed" sandbox="allow-same-origin"' in shown
    assert f'formaction="{NEW}page/"' in words(as_owner.get("/admin/petitions/letter/add/"))


def test_a_correction_is_shown_as_page_mail_and_pdf_and_not_saved(as_owner, letter):
    demand, before = letter.demands.first(), [stored(), list(letter.versions.values())]
    words_typed = {
        "title": "A fairer rota",
        "text": "We *plead*.",
        f"demand_{demand.pk}_title": "Publish it early",
    }
    data = corrected(letter, seen="of yesterday", **words_typed)

    shown, mail, pdf = (
        as_owner.post(page(f"correct_typed_{part}", letter), data) for part in ("page", "mail", "pdf")
    )

    for answer in (words(shown), words(mail)):
        assert [
            part for part in ("A fairer rota", "plead</em>", "Publish it early") if part not in answer
        ] == []
        assert "rota two weeks ahead" not in answer
    paper = PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert [part for part in ("A fairer rota", "We plead.", "Publish it early") if part not in paper] == []
    assert "script" not in shown["Content-Security-Policy"]
    assert "sandbox" in mail["Content-Security-Policy"]
    assert [stored(), list(letter.versions.values())] == before


def test_a_correction_that_cannot_be_saved_says_why(as_owner, letter):
    answer = as_owner.post(page("correct_typed_page", letter), corrected(letter, title=""))

    assert answer.status_code == 422
    assert "Title: Please fill this in." in words(answer)


def test_a_closed_letter_shows_no_correction(as_owner, letter):
    data = corrected(letter, text="Too late")
    as_owner.post(page("close", letter))

    answer = as_owner.post(page("correct_typed_page", letter), data, follow=True)

    assert "Only the text of an open letter is corrected here." in words(answer)
    assert "Too late" not in words(answer)


def test_opening_the_address_shows_nothing(as_owner, draft):
    assert as_owner.get(page("typed_page", draft)).status_code == 405


def test_who_may_not_edit_or_write_letters_previews_none(draft, member):
    reviewer = member(draft, "reviewer")
    assert reviewer.post(page("typed_page", draft), as_stored(draft)).status_code == 403
    assert reviewer.post(f"{NEW}page/", new_letter()).status_code == 403
    assert "formtarget" not in words(reviewer.get(page("edit", draft)))
    stranger = Client()
    stranger.force_login(User.objects.create_user("nobody@example.org", is_organizer=True))
    assert stranger.post(page("typed_pdf", draft), as_stored(draft)).status_code == 404
