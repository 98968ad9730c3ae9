"""What the public and the recipients will see: the page, the mail, the PDF."""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from petitions.admin import access, pages, updates
from petitions.documents import letters as documents
from petitions.documents import pictures, timeline
from petitions.documents.mailhtml import inline
from petitions.flows import testmails
from petitions.mail import preview_context, update_context
from petitions.models import Letter, Snapshot, Version
from petitions.views.letters import draft_page

# A mail brings its styles along. It is shown in a frame of its own where nothing else may run or load.
shows_mail: Any = csp(
    {"default-src": [NONE], "style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF], "sandbox": [True]}
)


# What is typed is shown beside its form, in a frame where nothing runs.
shows_page: Any = csp(
    {
        "default-src": [NONE],
        "style-src": [SELF],
        "img-src": [SELF],
        "frame-ancestors": [SELF],
        "sandbox": ["allow-same-origin"],
    }
)


@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    if not letter.is_draft:
        return redirect(letter)
    return render(request, "letters/letter.html", draft_page(letter, pictures.version(letter)))


@require_safe
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    context = preview_context(pictures.of_now(letter))
    parts = {
        "subject": render_to_string("emails/letter_subject.txt", context).strip(),
        "text": render_to_string("emails/letter.txt", context),
        "recipient": context["recipient"],
        "may_test": access.role(letter) in access.EDITORS,
        "tested_at": testmails.last(letter),
        "may_deliver": access.role(letter) in access.OWNERS and not letter.is_draft,
    }
    return pages.show(request, letter, "preview_mail", _("The mail to recipients"), parts)


@require_safe
@xframe_options_sameorigin
@shows_mail
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    return as_mail(access.letter(request, pk))


@require_safe
def update_page(request: HttpRequest, pk: int, update: int) -> HttpResponse:
    """The letter's page as it will be once the update is posted."""
    known = updates.found(request, pk, update)
    letter = known.letter
    if known.is_posted:
        return redirect(letter)
    page = draft_page(letter, letter.version) | {"events": timeline.of(letter, preview=known)}
    return render(request, "letters/letter.html", page)


@require_safe
@xframe_options_sameorigin
@shows_mail
def update_mail_html(request: HttpRequest, pk: int, update: int) -> HttpResponse:
    context = update_context(updates.found(request, pk, update)) | {"is_preview": True}
    return HttpResponse(inline(render_to_string("emails/update.html", context)))


@require_safe
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    return as_pdf(access.letter(request, pk))


def as_page(request: HttpRequest, letter: Letter) -> HttpResponse:
    return page_of(request, letter, pictures.version(letter))


def as_mail(letter: Letter) -> HttpResponse:
    return mail_of(pictures.of_now(letter))


def as_pdf(letter: Letter) -> HttpResponse:
    return pdf_of(pictures.of_now(letter))


def page_of(request: HttpRequest, letter: Letter, version: Version) -> HttpResponse:
    """To be framed beside its form."""
    return render(request, "letters/letter.html", draft_page(letter, version) | {"is_framed": True})


def mail_of(picture: Snapshot) -> HttpResponse:
    return HttpResponse(inline(render_to_string("emails/letter.html", preview_context(picture))))


def pdf_of(picture: Snapshot) -> HttpResponse:
    content = documents.previewed(picture.letter, picture).content
    headers = {"Content-Disposition": 'inline; filename="letter.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
