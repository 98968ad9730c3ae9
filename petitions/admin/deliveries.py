"""Delivering a letter, and what became of each message."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from petitions import counts
from petitions.admin import access, pages
from petitions.documents import letters as documents
from petitions.documents.sentences import count_sentences
from petitions.flows import deliveries, snapshots
from petitions.forms.deliveries import DeliverForm
from petitions.models import Delivery, Letter, Snapshot

PAGE = 100


@require_http_methods(["GET", "HEAD", "POST"])
def deliver(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    if letter.state not in (Letter.State.OPEN, Letter.State.CLOSED):
        return pages.failed(request, letter, _("Only an open or closed letter can be delivered."))
    form = DeliverForm(
        letter, snapshots.next_number(letter), request.POST if request.method == "POST" else None
    )
    if not form.is_bound or not form.is_valid():
        return _offer(request, letter, form)
    try:
        snapshot = deliveries.deliver(letter, number=form.cleaned_data["number"], by=access.person(request))
    except deliveries.NobodyToDeliverTo:
        form.add_error(None, _("There is nobody to deliver it to: every recipient has opted out."))
        return _offer(request, letter, form)
    except snapshots.NumberTaken:
        form.add_error(None, _("The letter changed since this page was opened. Please look again."))
        return _offer(request, letter, form)
    number = snapshot.deliveries.count()
    sentence = ngettext("%(number)s mail is on its way.", "%(number)s mails are on their way.", number)
    return pages.done(request, letter, sentence % {"number": number}, to="deliveries")


def _offer(request: HttpRequest, letter: Letter, form: DeliverForm) -> HttpResponse:
    """What will go out, to whom, with which number."""
    recipients = list(letter.recipients.all())
    context = {
        "form": form,
        "recipients": [recipient for recipient in recipients if not recipient.opted_out_at],
        "opted_out": [recipient for recipient in recipients if recipient.opted_out_at],
        "count_sentences": count_sentences(counts.recount(letter).as_json(), documents.domain_names(letter)),
        "earlier": letter.snapshots.filter(reason=Snapshot.Reason.DELIVERY),
        "waits": letter.is_open,
    }
    return pages.show(
        request, letter, "deliver", _("Deliver the letter"), context, status=422 if form.is_bound else 200
    )


@require_safe
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    context = {
        "page": _page(letter, request.GET.get("page")),
        "followers": _followers(letter),
        "can_cancel": access.role(letter) in access.OWNERS,
    }
    return pages.show(request, letter, "deliveries", _("Deliveries"), context)


@require_POST
def cancel(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    found = letter.deliveries.filter(pk=delivery).select_related("letter").first()
    if found is None:
        raise Http404
    if deliveries.cancel(found, by=access.person(request)):
        return pages.done(request, letter, _("Cancelled: this mail will not go out."), to="deliveries")
    return pages.failed(request, letter, _("Too late: this mail does not wait any more."), to="deliveries")


def _page(letter: Letter, number: str | None) -> Page[Delivery]:
    """One line for each reader who is known; the newest first."""
    rows = letter.deliveries.filter(subscription=None).select_related("recipient", "user").order_by("-pk")
    return Paginator(rows, PAGE).get_page(number)


def _followers(letter: Letter) -> list[dict[str, Any]]:
    """Only sums: who follows a letter is nobody's business."""
    rows = letter.deliveries.exclude(subscription=None).order_by("kind", "state").values("kind", "state")
    sums = rows.annotate(number=Count("pk")).values_list("kind", "state", "number")
    return [
        {"kind": Delivery.Kind(kind).label, "state": Delivery.State(state).label, "number": number}
        for kind, state, number in sums
    ]
