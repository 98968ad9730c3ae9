"""A letter's life: open, copy, close. Each asks first and says what will happen."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from petitions import counts
from petitions.admin import access, checklists, figures, pages
from petitions.admin.checklists import Item
from petitions.flows import letters
from petitions.models import Letter

asks_first = require_http_methods(["GET", "HEAD", "POST"])


@asks_first
def open_for_signing(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    if not letter.is_draft:
        return pages.failed(request, letter, _("This letter was opened before."))
    if request.method != "POST":
        return _ask_to_open(request, letter, lacking(letter))
    try:
        _open(letter, by=access.person(request))
    except letters.NotReady as reasons:
        return _ask_to_open(request, letter, reasons.missing, status=422)
    except letters.NotADraft:
        return pages.failed(request, letter, _("This letter was opened before."))
    return pages.done(request, letter, _("The letter is open. Its text is frozen from now on."))


def _ask_to_open(
    request: HttpRequest, letter: Letter, missing: list[str], *, status: int = 200
) -> HttpResponse:
    mine = User.objects.without_second_step().filter(pk=access.person(request).pk)
    context = {"missing": missing, "undone": _undone(letter), "has_no_second_step": mine.exists()}
    return pages.show(request, letter, "open", _("Open for signing"), context, status=status)


def _undone(letter: Letter) -> list[Item]:
    """What the checklist advises and nobody is held to."""
    items = checklists.to_opening(figures.of(letter))
    return [item for item in items if not item.is_done and not item.is_needed]


@transaction.atomic
def _open(letter: Letter, *, by: User) -> None:
    """Nobody becomes an owner between the look at the owners and the opening."""
    letter.hold_row()
    missing = lacking(letter)
    if missing:
        raise letters.NotReady(missing)
    letters.open_for_signing(letter, by=by)


def lacking(letter: Letter) -> list[str]:
    """What stands between this draft and opening, one sentence each."""
    missing = letters.missing(letter) + _unprotected(letter)
    if letter.closes_at and letter.closes_at <= timezone.now():
        missing.append(_("Its closing time has passed."))
    return missing


def _unprotected(letter: Letter) -> list[str]:
    """On one's own machine a second step is offered, everywhere else it is asked for."""
    missing = checklists.lacking_second_step(letter) if settings.SECOND_FACTOR_REQUIRED else ""
    return [missing] if missing else []


@asks_first
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    if not access.person(request).is_organizer:
        raise PermissionDenied(_("Your account cannot write letters of its own."))
    if request.method != "POST":
        return pages.show(request, letter, "duplicate", _("Duplicate the letter"), {})
    copy = letters.duplicate(letter, by=access.person(request))
    return pages.done(request, copy, _("This is the copy: a draft of your own."), to="edit")


@asks_first
def close(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    if not letter.is_open:
        return pages.failed(request, letter, _("This letter is not open."))
    if request.method != "POST":
        return pages.show(request, letter, "close", _("Close the letter"), {})
    try:
        letters.close(letter, by=access.person(request))
    except letters.NotOpen:
        return pages.failed(request, letter, _("This letter is not open."))
    counts.forget(letter)  # what waited for its batch is in it now, and the next page says that it is final
    return pages.done(request, letter, _("The letter is closed. Nobody can sign it any more."))
