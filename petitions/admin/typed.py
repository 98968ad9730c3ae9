"""What stands in a letter's form and nobody has saved: the page, the mail and the PDF that it would be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from petitions.admin import access, drafts, previews
from petitions.admin.pages import address
from petitions.models import Letter


def addresses(admin: ModelAdmin[Letter]) -> list[Any]:
    """Each takes what the form posts; 0 stands for a letter that was never saved."""
    page = xframe_options_sameorigin(previews.shows_page(partial(_page, admin)))
    mail = xframe_options_sameorigin(previews.shows_mail(partial(_mail, admin)))
    return [
        address("typed/page/", require_POST(page), "typed_page"),
        address("typed/mail/", require_POST(mail), "typed_mail"),
        address("typed/letter.pdf", require_POST(partial(_pdf, admin)), "typed_pdf"),
    ]


def _page(admin: ModelAdmin[Letter], request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(admin, request, pk, partial(previews.as_page, request))


def _mail(admin: ModelAdmin[Letter], request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(admin, request, pk, previews.as_mail)


def _pdf(admin: ModelAdmin[Letter], request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(admin, request, pk, previews.as_pdf)


def _shown(
    admin: ModelAdmin[Letter], request: HttpRequest, pk: int, look: Callable[[Letter], HttpResponse]
) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS) if pk != drafts.NEW else None
    if letter is None and not admin.has_add_permission(request):
        raise PermissionDenied(_("Your account cannot write letters of its own."))
    try:
        return drafts.read(admin, request, letter, look)
    except drafts.Refused as refused:
        context = {"reasons": drafts.reasons(refused.forms)}
        return render(request, "admin/letters/typed_refused.html", context, status=422)
