"""Delivering a letter: who gets it, what exactly leaves, a test mail first, the title typed, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from petitions.admin import access, pages, troubles
from petitions.documents import letters as documents
from petitions.documents import pictures
from petitions.documents.sentences import count_sentences
from petitions.flows import deliveries, snapshots, strangers, testmails
from petitions.forms.deliveries import NOBODY, DeliverForm
from petitions.models import Delivery, Letter, Snapshot

ASKED_ON = ("deliver", "preview_mail")  # the pages that offer a test mail


@require_http_methods(["GET", "HEAD", "POST"])
def deliver(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    if letter.state not in (Letter.State.OPEN, Letter.State.CLOSED):
        return pages.failed(request, letter, _("Only an open or closed letter can be delivered."))
    posted = request.POST if request.method == "POST" else None
    form = DeliverForm(pictures.of_now(letter), snapshots.next_number(letter), posted)
    if not form.is_bound or not form.is_valid():
        return _offer(request, letter, form)
    return _deliver(request, letter, form)


@require_POST
def test_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """To the account of whoever presses, and to nobody else."""
    letter, person = access.letter(request, pk, roles=access.EDITORS), access.person(request)
    asked_on = request.POST.get("asked_on")
    back = asked_on if asked_on in ASKED_ON and not letter.is_draft else "preview_mail"
    try:
        testmails.send(letter, to=person)
    except testmails.TooOften:
        sentence = _("So many test mails went to you in the last hour that no more is sent. Please wait.")
        return pages.failed(request, letter, sentence, to=back)
    sentence = _("The test mail is on its way to %(address)s.")
    if troubles.paused(letter):
        sentence = _("A test mail to %(address)s waits: mails are paused.")
    return pages.done(request, letter, sentence % {"address": person.email}, to=back)


def _deliver(request: HttpRequest, letter: Letter, form: DeliverForm) -> HttpResponse:
    number, chosen = form.cleaned_data["number"], form.cleaned_data["recipients"]
    try:
        snapshot = deliveries.deliver(letter, number=number, by=access.person(request), to=chosen)
    except deliveries.NobodyToDeliverTo:
        form.add_error(None, NOBODY)
        return _offer(request, letter, form)
    except snapshots.NumberTaken:
        form.add_error(None, _("The letter changed since this page was opened. Please look again."))
        return _offer(request, letter, form)
    return pages.done(request, letter, _what_became_of(letter, snapshot), to="deliveries")


def _what_became_of(letter: Letter, snapshot: Snapshot) -> str:
    held = snapshot.deliveries.filter(state=Delivery.State.HELD).count()
    leaving = snapshot.deliveries.count() - held
    waits = ngettext("%(number)s mail waits for an operator.", "%(number)s mails wait for an operator.", held)
    told = [_leaving(letter, leaving)] if leaving else []
    return " ".join([*told, waits % {"number": held}] if held else told)


def _leaving(letter: Letter, number: int) -> str:
    sentence = ngettext("%(number)s mail is on its way.", "%(number)s mails are on their way.", number)
    if troubles.paused(letter):
        sentence = ngettext(
            "%(number)s mail waits: mails are paused.", "%(number)s mails wait: mails are paused.", number
        )
    return sentence % {"number": number}


def _offer(request: HttpRequest, letter: Letter, form: DeliverForm) -> HttpResponse:
    """What will go out, to whom, with which number. Also after a mistake it is that of now."""
    count: Any = form.picture.count
    context = {
        "form": form,
        "people": list(_people(letter, form)),
        "picture": form.picture,
        "count_sentences": count_sentences(count, documents.domain_names(letter)),
        "tested_at": testmails.last(letter),
        "may_test": True,
        "account": access.person(request).email,
        "paused": troubles.paused(letter),
        "waits": letter.is_open,
        "must_wait": strangers.must_wait(letter, letter.recipients.reachable(), by=access.person(request)),
    }
    return pages.show(
        request, letter, "deliver", _("Deliver the letter"), context, status=422 if form.is_bound else 200
    )


def _people(letter: Letter, form: DeliverForm) -> Iterator[dict[str, Any]]:
    """Each recipient with what they were sent and handed before, and at which number."""
    ticked, sent, handed = form.ticked(), defaultdict(list), defaultdict(list)
    for mail in letter.deliveries.letters().select_related("snapshot"):
        sent[mail.recipient_id].append(mail)
    for handover in letter.handovers.select_related("snapshot"):
        handed[handover.recipient_id].append(handover)
    for person in letter.recipients.all():
        yield {
            "recipient": person,
            "is_ticked": person.is_reachable and person.pk in ticked,
            "sent": sent[person.pk],
            "handed": handed[person.pk],
        }
