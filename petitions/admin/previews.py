"""What the public and the recipients will see: the page, the mail, the PDF."""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from petitions import counts
from petitions.admin import access, pages
from petitions.documents import letters as documents
from petitions.documents.mailhtml import inline
from petitions.mail import letter_context
from petitions.models import Letter, Recipient, Snapshot, Version
from petitions.views.letters import draft_page

# A mail brings its styles along. It is shown in a frame of its own where nothing else may run or load.
shows_mail: Any = csp(
    {"default-src": [NONE], "style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF], "sandbox": [True]}
)


@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    if not letter.is_draft:
        return redirect(letter)
    return render(request, "letters/letter.html", draft_page(letter, _version(letter)))


@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    context = _mail_context(letter)
    parts = {
        "subject": render_to_string("emails/letter_subject.txt", context).strip(),
        "text": render_to_string("emails/letter.txt", context),
        "recipient": context["recipient"],
    }
    return pages.show(request, letter, "preview_mail", _("The mail to recipients"), parts)


@require_safe
@xframe_options_sameorigin
@shows_mail
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    return HttpResponse(inline(render_to_string("emails/letter.html", _mail_context(letter))))


@require_safe
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    make = documents.draft if letter.is_draft else documents.current
    headers = {"Content-Disposition": 'inline; filename="letter.pdf"'}
    return HttpResponse(
        make(letter, today=timezone.now().date()), content_type="application/pdf", headers=headers
    )


def _mail_context(letter: Letter) -> dict[str, Any]:
    """The mail as it would leave now, to the first recipient."""
    picture = Snapshot(
        letter=letter,
        version=_version(letter),
        count=counts.recount(letter).as_json(),
        papers=documents.papers_of(letter),
        made_at=timezone.now(),
        sha256=_("(made when the letter is delivered)"),
    )
    return letter_context(letter, picture) | {
        "recipient": letter.recipients.first() or Recipient(name=_("Recipient"))
    }


def _version(letter: Letter) -> Version:
    """The text in force; of a draft what will be frozen."""
    if not letter.is_draft:
        return letter.version
    demands = list(letter.demands.values("number", "title", "text"))
    words = {"title": letter.title, "text": letter.text, "demands": demands}
    return Version(letter=letter, number=1, sha256=_("(made when the letter opens)"), **words)
