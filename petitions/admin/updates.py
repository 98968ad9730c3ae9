"""Updates of a letter: what is written, what waits, what was posted and how far its mails are."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from petitions.admin import access, pages
from petitions.flows import pace, updates
from petitions.forms.updates import RewriteForm, ScheduleForm, UpdateForm
from petitions.mail import update_context
from petitions.models import Delivery, Letter, Update

State = Delivery.State
asks_first = require_http_methods(["GET", "HEAD", "POST"])


def found(request: HttpRequest, pk: int, update: int) -> Update:
    """For those who may write it; others are told."""
    letter = access.letter(request, pk, roles=access.EDITORS)
    row: Update = get_object_or_404(letter.updates.select_related("letter"), pk=update)
    return row


@require_safe
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    if letter.is_draft:
        return _too_early(request, letter)
    context = {
        "drafts": letter.updates.unposted().filter(scheduled_at=None).order_by("-pk"),
        "scheduled": letter.updates.scheduled().order_by("scheduled_at", "pk"),
        "posted": with_progress(letter.updates.posted()),
        **week(letter),
    }
    return pages.show(request, letter, "updates", _("Updates"), context)


@asks_first
def write(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.EDITORS)
    if letter.is_draft:
        return _too_early(request, letter)
    if request.method != "POST":
        return _writing(request, letter, UpdateForm(letter))
    return _write(request, letter)


@transaction.atomic
def _write(request: HttpRequest, letter: Letter) -> HttpResponse:
    """Two presses of the button come one after the other, and the second finds the draft saved."""
    letter.hold_row()
    form = UpdateForm(letter, request.POST)
    if not form.is_valid():
        return _writing(request, letter, form)
    update = updates.write(letter, **form.cleaned_data, by=access.person(request))
    return pages.done(request, letter, _("The draft is saved. Nobody is told yet."), update.pk, to="update")


@require_safe
def one(request: HttpRequest, pk: int, update: int) -> HttpResponse:
    known = found(request, pk, update)
    return show(request, known, ScheduleForm(initial={"at": known.scheduled_at}))


def show(request: HttpRequest, update: Update, form: ScheduleForm) -> HttpResponse:
    """The mail as it would leave and what can be done with it; of a posted one, how far its mails are."""
    words = update_context(update) | {"is_preview": True}
    context = {
        "update": update,
        "form": form,
        "subject": render_to_string("emails/update_subject.txt", {}).strip(),
        "text": render_to_string("emails/update.txt", words),
        "progress": with_progress(Update.objects.filter(pk=update.pk)).get() if update.is_posted else None,
        "now": timezone.now(),
        **week(update.letter, but=update),
    }
    status = 422 if form.errors else 200
    return pages.show(request, update.letter, "update", update.title, context, status=status)


@asks_first
def rewrite(request: HttpRequest, pk: int, update: int) -> HttpResponse:
    known = found(request, pk, update)
    if known.is_posted:
        return too_late(request, known)
    form = RewriteForm(known, request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _writing(request, known.letter, form, update=known)
    try:
        updates.rewrite(known, **form.cleaned_data, by=access.person(request))
    except updates.AlreadyPosted:
        return too_late(request, known)
    except updates.Rewritten:
        known.refresh_from_db()
        return _writing(request, known.letter, form.again(), update=known, is_between=True)
    return pages.done(request, known.letter, _("Saved."), known.pk, to="update")


@asks_first
def discard(request: HttpRequest, pk: int, update: int) -> HttpResponse:
    known = found(request, pk, update)
    if known.is_posted:
        return too_late(request, known)
    if request.method != "POST":
        return pages.show(request, known.letter, "update_discard", _("Discard the draft?"), {"update": known})
    try:
        updates.discard(known, by=access.person(request))
    except updates.AlreadyPosted:
        return too_late(request, known)
    return pages.done(request, known.letter, _("Discarded. Nobody was told."), to="updates")


def too_late(request: HttpRequest, update: Update) -> HttpResponse:
    """Posted meanwhile by somebody else or by the clock, or discarded."""
    sentence = _("Too late: this update is not a draft any more. Nothing was changed.")
    return pages.failed(request, update.letter, sentence, to="updates")


def week(letter: Letter, *, but: Update | None = None) -> dict[str, Any]:
    """How many follow, and when the next one may go."""
    now = timezone.now()
    next_free = pace.next_free(now, updates.moments(letter, but=but))
    return {
        "followers": letter.subscriptions.count(),
        "most": pace.MOST,
        "next_free": None if next_free == now else next_free,
    }


def with_progress(posted: QuerySet[Update]) -> QuerySet[Update]:
    """Only sums: who follows a letter is nobody's business."""

    def mails(*states: str) -> Count:
        of = Q(deliveries__subscription__isnull=False)
        return Count("deliveries", filter=of & Q(deliveries__state__in=states) if states else of)

    return posted.annotate(
        mails=mails(),
        sent=mails(State.ACCEPTED),
        under_way=mails(State.HELD, State.QUEUED, State.LEASED, State.IN_DATA),
        refused=mails(State.REFUSED, State.BOUNCED),
        unknown=mails(State.UNKNOWN),
        stopped=mails(State.CANCELLED),
    )


def _too_early(request: HttpRequest, letter: Letter) -> HttpResponse:
    return pages.failed(request, letter, _("Nobody reads updates before the letter opens."))


def _writing(request: HttpRequest, letter: Letter, form: UpdateForm, **context: Any) -> HttpResponse:
    title = _("Change the update") if "update" in context else _("Write an update")
    status = 422 if form.is_bound else 200
    return pages.show(request, letter, "update_write", title, {"form": form} | context, status=status)
