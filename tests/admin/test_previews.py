from __future__ import annotations

import pytest

from petitions.models import Letter
from tests.admin.posts import page
from tests.factories import sign


@pytest.fixture(params=["draft", "open"])
def either(request) -> Letter:
    return request.getfixturevalue("draft" if request.param == "draft" else "letter")


def test_page_of_a_draft_is_shown_to_its_organizers_alone(as_owner, client, draft):
    shown = as_owner.get(page("preview", draft)).content.decode()
    assert "<em>fair</em> rota" in shown
    assert "Publish the rota two weeks ahead" in shown
    assert "Preview: only this letter" in shown
    assert f"{draft.get_absolute_url()}sign/" not in shown
    assert client.get(draft.get_absolute_url()).status_code == 404


def test_page_of_an_open_letter_is_the_public_one(as_owner, letter):
    assert as_owner.get(page("preview", letter)).url == letter.get_absolute_url()


def test_mail_shows_organizers_no_recipient_s_room(as_owner, letter):
    """Whoever has the address reads the recipient's draft."""
    shown = as_owner.get(page("preview_mail", letter)).content.decode()
    framed = as_owner.get(page("preview_mail_html", letter)).content.decode()

    for form in (shown, framed):
        assert "made when the letter is delivered)" in " ".join(form.split())
        assert "/answer/" not in form


def test_mail_is_framed_and_may_load_nothing(as_owner, either):
    sign(either, "Ada Lovelace") if either.is_open else None
    shown = as_owner.get(page("preview_mail", either)).content.decode()
    assert f'sandbox src="{page("preview_mail_html", either)}"' in " ".join(shown.split())
    assert "Erin Chief, Chief executive" in shown
    assert "We ask for a _fair_ rota." in shown
    framed = as_owner.get(page("preview_mail_html", either))
    assert "fair</em> rota." in framed.content.decode()
    policy = framed["Content-Security-Policy"]
    assert sorted(policy.split("; ")) == [
        "default-src 'none'",
        "frame-ancestors 'self'",
        "sandbox",
        "style-src 'unsafe-inline'",
    ]
    assert framed["X-Frame-Options"] == "SAMEORIGIN"


def test_pdf(as_owner, either):
    answer = as_owner.get(page("preview_pdf", either))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_every_other_page_has_the_common_policy(as_owner, draft):
    for name in ("change", "open", "preview", "preview_mail"):
        policy = as_owner.get(page(name, draft))["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("name", ["preview", "preview_mail", "preview_mail_html"])
def test_unfinished_draft_has_previews_too(as_owner, draft, name):
    draft.demands.all().delete()
    draft.recipients.all().delete()
    draft.workplaces.clear()
    Letter.objects.filter(pk=draft.pk).update(text="")
    assert as_owner.get(page(name, draft)).status_code == 200


def test_words_of_the_mail_stay_words_in_the_workspace(as_owner, letter):
    letter.recipients.update(name='</pre><form action="/admin/"><button>Press</button></form>')

    shown = as_owner.get(page("preview_mail", letter)).content.decode()

    assert "<button>Press</button>" not in shown
    assert "&lt;button&gt;Press&lt;/button&gt;" in shown
