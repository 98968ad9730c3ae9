"""What became of each message, and what a person can do about it: stop, pause, decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from petitions.admin import access, pages, troubles
from petitions.flows import deliveries, pauses
from petitions.models import Delivery, Letter, Snapshot

PAGE = 100
MOVING = (Delivery.State.QUEUED, Delivery.State.LEASED, Delivery.State.IN_DATA)  # by themselves


@require_safe
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk)
    return pages.show(request, letter, "deliveries", _("Deliveries"), _now(request, letter))


@require_safe
def now(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes by itself; a script asks for it while mails are under way."""
    letter = access.letter(request, pk)
    return pages.show(request, letter, "_now", _("Deliveries"), _now(request, letter))


@require_safe
def one(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """The evidence: every attempt, what was handed over, and what the mail server said."""
    letter = access.letter(request, pk)
    found = _found(letter, delivery)
    context = {
        "delivery": found,
        "attempts": found.tries.all(),
        "is_owner": access.role(letter) in access.OWNERS,
    }
    return pages.show(request, letter, "delivery", _("One mail"), context)


@require_POST
def cancel(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    if deliveries.cancel(_found(letter, delivery), by=access.person(request)):
        return pages.done(request, letter, _("Cancelled: this mail will not go out."), to="deliveries")
    return pages.failed(request, letter, _("Too late: this mail does not wait any more."), to="deliveries")


@require_POST
def cancel_rest(request: HttpRequest, pk: int, snapshot: int) -> HttpResponse:
    """Stop what has not left, and say which that was and which had left."""
    letter = access.letter(request, pk, roles=access.OWNERS)
    found = get_object_or_404(letter.snapshots.filter(reason=Snapshot.Reason.DELIVERY), pk=snapshot)
    stopped = deliveries.cancel_rest(found, by=access.person(request))
    gone = found.deliveries.exclude(state=Delivery.State.CANCELLED).select_related("recipient")
    sentences = [
        _which(stopped, _("Stopped, and will not go out: %(who)s.")),
        _which(list(gone), _("Too late for: %(who)s.")),
    ]
    sentence = " ".join(filter(None, sentences)) or _("There was nothing left to stop.")
    return (pages.done if stopped else pages.failed)(request, letter, sentence, to="deliveries")


@require_POST
def decide(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    found, person = _found(letter, delivery), access.person(request)
    choices: dict[str, tuple[Callable[..., bool], str]] = {
        Delivery.Decision.SENT: (deliveries.count_as_sent, _("It is counted as sent.")),
        Delivery.Decision.AGAIN: (deliveries.send_again, _("It waits to be sent again.")),
    }
    if request.POST.get("decision") not in choices:
        return pages.failed(
            request, letter, _("Please choose: count as sent, or send again."), to="deliveries"
        )
    act, sentence = choices[request.POST["decision"]]
    if act(found, by=person):
        return pages.done(request, letter, sentence, to="deliveries")
    return pages.failed(
        request, letter, _("There is nothing to decide about this mail any more."), to="deliveries"
    )


@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    too_late = pauses.pause(letter, by=access.person(request))
    sentence = _("Paused: no mail of this letter leaves.")
    return pages.done(request, letter, f"{sentence} {troubles.too_late(too_late)}", to="deliveries")


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    letter = access.letter(request, pk, roles=access.OWNERS)
    pauses.resume(letter, by=access.person(request))
    return pages.done(request, letter, _("Mails of this letter leave again."), to="deliveries")


def _now(request: HttpRequest, letter: Letter) -> dict[str, Any]:
    sums, followers = _sums(letter)
    return {
        "page": _page(letter, request.GET.get("page"), sum(row["number"] for row in sums)),
        "sums": sums,
        "is_moving": any(row["state"] in MOVING for row in sums),
        "under_way": _under_way(letter),
        "followers": followers,
        "troubles": troubles.of(letter),
        "is_owner": access.role(letter) in access.OWNERS,
    }


def _known(letter: Letter) -> QuerySet[Delivery]:
    """Mails to readers who are known here: neither followers, nor operators who are no organizers."""
    known = _to_people(letter).filter(subscription=None)
    return known.select_related("letter", "recipient", "user", "decided_by", "snapshot")


def _to_people(letter: Letter) -> QuerySet[Delivery]:
    organizes = Exists(letter.memberships.filter(user=OuterRef("user")))
    return letter.deliveries.filter(organizes | Q(user=None))


def _found(letter: Letter, pk: int) -> Delivery:
    found: Delivery = get_object_or_404(_known(letter), pk=pk)
    return found


def _page(letter: Letter, number: str | None, count: int) -> Page[Delivery]:
    """One line for each reader who is known; the newest first."""
    pages_of_mails = Paginator(_known(letter).order_by("-pk"), PAGE)
    pages_of_mails.count = count  # which is not asked for twice
    return pages_of_mails.get_page(number)


def _under_way(letter: Letter) -> QuerySet[Snapshot]:
    """Deliverings of which something can still be stopped."""
    unsent = Count("deliveries", filter=Q(deliveries__state__in=Delivery.UNSENT))
    return letter.snapshots.annotate(unsent=unsent, number_of_mails=Count("deliveries")).filter(unsent__gt=0)


def _which(rows: list[Delivery], sentence: str) -> str:
    if not rows:
        return ""
    return sentence % {"who": "; ".join(row.reader for row in rows)}


def _sums(letter: Letter) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """How many mails of each kind are in each state: to readers who are known, and to followers.

    Of followers there are only sums: who follows a letter is nobody's business. What somebody decided is a state.
    """
    what = ("to_follower", "kind", "state", "decision")
    rows = (
        _to_people(letter).annotate(to_follower=Q(subscription__isnull=False)).order_by(*what).values(*what)
    )
    sums: Counter[tuple[bool, str, str, str]] = Counter()
    for row in rows.annotate(number=Count("pk")):
        mail = Delivery(kind=row["kind"], state=row["state"], decision=row["decision"])
        sums[row["to_follower"], mail.get_kind_display(), mail.state, mail.stands] += row["number"]
    known, followers = [
        [
            {"kind": kind, "state": state, "stands": stands, "number": number}
            for (to_follower, kind, state, stands), number in sums.items()
            if to_follower is wanted
        ]
        for wanted in (False, True)
    ]
    return known, followers
