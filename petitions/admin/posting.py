"""An update goes out: a test mail first, then now or at a moment of its own."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from petitions.admin import access, pages, troubles
from petitions.admin.updates import asks_first, found, show, too_late, week
from petitions.flows import pace, updates
from petitions.forms.updates import PostForm, ScheduleForm
from petitions.models import Update


@require_POST
def try_out(request: HttpRequest, pk: int, update: int) -> HttpResponse:
    known, person = found(request, pk, update), access.person(request)
    try:
        updates.try_out(known, by=person)
    except updates.TriedTooOften:
        sentence = _("Enough test mails for today. The preview below shows the same.")
        return pages.failed(request, known.letter, sentence, known.pk, to="update")
    sentence = _("A test mail is on its way to %(address)s.")
    if troubles.paused(known.letter):
        sentence = _("A test mail to %(address)s waits: mails are paused.")
    return pages.done(request, known.letter, sentence % {"address": person.email}, known.pk, to="update")


@require_POST
def schedule(request: HttpRequest, pk: int, update: int) -> HttpResponse:
    known, form = found(request, pk, update), ScheduleForm(request.POST)
    if known.is_posted:
        return too_late(request, known)
    if not form.is_valid():
        return show(request, known, form)
    at = form.cleaned_data["at"]
    try:
        updates.schedule(known, at=at, by=access.person(request))
    except updates.AlreadyPosted:
        return too_late(request, known)
    except updates.TooMany as week_is_full:
        form.add_error("at", _full(week_is_full.next_free))
        return show(request, known, form)
    sentence = _("Scheduled: it is posted and mailed on %(time)s UTC.") % {"time": _time(at)}
    return pages.done(request, known.letter, sentence, known.pk, to="update")


@require_POST
def unschedule(request: HttpRequest, pk: int, update: int) -> HttpResponse:
    known = found(request, pk, update)
    if not updates.unschedule(known, by=access.person(request)):
        return too_late(request, known)
    return pages.done(
        request, known.letter, _("Not scheduled any more: it is a draft."), known.pk, to="update"
    )


@asks_first
def post(request: HttpRequest, pk: int, update: int) -> HttpResponse:
    known = found(request, pk, update)
    if known.is_posted:
        return too_late(request, known)
    form = PostForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _ask(request, known, form)
    try:
        updates.post(known, **form.cleaned_data, by=access.person(request))
    except updates.AlreadyPosted:
        return too_late(request, known)
    except updates.Rewritten:
        sentence = _("Somebody changed the words meanwhile. Nothing was posted: please look again.")
        return pages.failed(request, known.letter, sentence, known.pk, to="update")
    except updates.TooMany as week_is_full:
        form.add_error(None, _full(week_is_full.next_free))
        return _ask(request, known, form)
    return pages.done(request, known.letter, _posted(known), known.pk, to="update")


def _ask(request: HttpRequest, update: Update, form: PostForm) -> HttpResponse:
    paused = troubles.paused(update.letter)
    context = {"update": update, "form": form, "paused": paused, **week(update.letter, but=update)}
    status = 422 if form.is_bound else 200
    return pages.show(request, update.letter, "update_post", _("Post the update"), context, status=status)


def _posted(update: Update) -> str:
    number = update.letter.subscriptions.count()
    sentence = ngettext(
        "Posted, and on its way to %(number)s follower.",
        "Posted, and on its way to %(number)s followers.",
        number,
    )
    if troubles.paused(update.letter):
        sentence = ngettext(
            "Posted. The mail to %(number)s follower waits: mails are paused.",
            "Posted. The mails to %(number)s followers wait: mails are paused.",
            number,
        )
    return sentence % {"number": number}


def _full(next_free: datetime) -> str:
    words = {"most": pace.MOST, "time": _time(next_free)}
    return _("At most %(most)s updates go out in seven days. The next one may go on %(time)s UTC.") % words


def _time(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
