"""The recipient's room: read the letter, check the count, write an answer and keep it. Opening it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from petitions import counts, limits, rooms
from petitions.documents import text
from petitions.flows import recipients, responses
from petitions.forms.responses import AnswerForm, FinalAnswerForm
from petitions.models import Letter, Recipient, ResponseDraft
from petitions.views import outcomes
from petitions.views.answers import SeeOther

Rest = ParamSpec("Rest")


def for_room(
    view: Callable[Concatenate[HttpRequest, Recipient, Rest], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Finds whose room the secret opens; every other one is the same 404. No page of it is kept or found."""

    @never_cache
    @sensitive_post_parameters()
    @wraps(view)
    def found(request: HttpRequest, secret: str, *rest: Rest.args, **named: Rest.kwargs) -> HttpResponse:
        recipient = rooms.find(secret)
        if recipient is None:
            raise Http404
        answer = view(request, recipient, *rest, **named)
        answer["X-Robots-Tag"] = "noindex"
        return answer

    return found


def url(recipient: Recipient, name: str) -> str:
    return reverse(name, args=[rooms.secret(recipient)])


def page(
    request: HttpRequest, recipient: Recipient, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    frame = {"letter": recipient.letter, "recipient": recipient, "secret": rooms.secret(recipient)}
    answer = render(request, f"responses/{name}.html", frame | context, status=status)
    if status in (429, 503):
        answer["Retry-After"] = "60" if status == 429 else "30"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@for_room
def room(request: HttpRequest, recipient: Recipient) -> HttpResponse:
    demands = list(recipient.letter.demands.all())
    draft = kept_draft(recipient)
    if request.method != "POST":
        return _room_page(request, recipient, AnswerForm(demands, answers=responses.written(draft)), draft)
    goes_on = request.POST.get("act") == "preview"
    form = FinalAnswerForm(demands, request.POST) if goes_on else AnswerForm(demands, request.POST)
    status = _save(request, recipient, form)
    if status != 303:
        return _room_page(request, recipient, form, draft, status=status)
    return SeeOther(url(recipient, "answer_preview" if goes_on else "answer"))


@csrf_exempt  # the secret in the address is the right; mail programs post here without a cookie (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
@for_room
def mail(request: HttpRequest, recipient: Recipient) -> HttpResponse:
    """Asks first: a program that opens every link of a mail must end nothing."""
    if request.method == "POST":
        decide = recipients.want_mail_again if "again" in request.POST else recipients.want_no_mail
        decide(recipient)
        recipient.refresh_from_db()
    return page(request, recipient, "mail", {"is_over": recipient.opted_out_at is not None})


def _save(request: HttpRequest, recipient: Recipient, form: AnswerForm) -> int:
    """303 when it is saved. Otherwise the form says why not, and shows what was typed."""
    if not form.is_valid():
        return 422
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        form.add_error(
            None, _("Too many tries at this moment. Nothing is lost: please try again in a minute.")
        )
        return 429
    try:
        responses.save_draft(recipient, form.answers())
    except responses.TakesNoAnswers:
        form.add_error(None, _("This letter was archived and takes no more answers."))
        return 409
    return 303


def kept_draft(recipient: Recipient) -> ResponseDraft | None:
    return ResponseDraft.objects.filter(recipient=recipient).select_related("recipient").first()


def _room_page(
    request: HttpRequest,
    recipient: Recipient,
    form: AnswerForm,
    draft: ResponseDraft | None,
    *,
    status: int = 200,
) -> HttpResponse:
    letter = recipient.letter
    context = {
        "form": form if form.is_bound or letter.state != Letter.State.ARCHIVED else None,
        "draft": draft,
        "tally": counts.shown(letter),
        "mine": _by_demand(outcomes.answers(recipient.responses.select_related("recipient", "demand"))),
        **_delivered(recipient),
    }
    return page(request, recipient, "room", context, status=status)


def _by_demand(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The whole letter first, and in each part what came first."""
    return sorted(answers, key=lambda answer: answer["demand"].number if answer["demand"] else 0)


def _delivered(recipient: Recipient) -> dict[str, Any]:
    """The text and the number as this recipient got them last, and the text in force."""
    sent = recipient.deliveries.exclude(snapshot__first_body_at=None).select_related("snapshot__version")
    last = sent.order_by("snapshot__number").last()
    current = recipient.letter.version
    version = last.snapshot.version if last and last.snapshot else current
    return {
        "snapshot": last.snapshot if last else None,
        "version": version,
        "body_html": text.to_html(version.text),
        "demands": [demand | {"html": text.to_html(demand["text"])} for demand in version.demands],
        "is_corrected": version.pk != current.pk,
    }
