"""Publishing what was written in a recipient's room: as everybody will see it, then a code, then it is public."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from petitions import codes, limits
from petitions.flows import proofs, responses
from petitions.forms.proofs import CodeForm
from petitions.models import Recipient, Response
from petitions.pending import Pending
from petitions.rooms import Answer
from petitions.views import errors, outcomes
from petitions.views.answers import (
    SeeOther,
    explain_code,
    forget_pending,
    keep_pending,
    read_pending,
    refused,
)
from petitions.views.rooms import for_room, kept_draft, page, url


@require_http_methods(["GET", "HEAD", "POST"])
@for_room
def preview(request: HttpRequest, recipient: Recipient) -> HttpResponse:
    """What everybody will see. From here on it is published, or changed."""
    answers = responses.written(kept_draft(recipient))
    if not answers:
        return SeeOther(url(recipient, "answer"))
    if request.method != "POST":
        return _preview_page(request, recipient, answers)
    if request.POST.get("seen") != responses.checksum(recipient.letter, answers):
        changed = _("The draft or the letter was changed meanwhile. Please look at it again.")
        return _preview_page(request, recipient, answers, problem=changed, status=409)
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        return errors.too_often(request)
    try:
        asked = responses.request_code(recipient, answers)
    except codes.Busy:
        busy = _(
            "Too many people are asking for codes at this moment. Your draft is saved: please try again."
        )
        return _preview_page(request, recipient, answers, problem=busy, status=503)
    return _keep(SeeOther(url(recipient, "answer_code")), recipient, asked)


@require_http_methods(["GET", "HEAD", "POST"])
@for_room
def code(request: HttpRequest, recipient: Recipient) -> HttpResponse:
    asked = _asked(request, recipient)
    if request.method != "POST":
        return _code_page(request, recipient, CodeForm() if asked else None)
    if asked is None:
        return _code_page(request, recipient, None, status=422)
    return _publish(request, recipient, asked)


@require_POST
@for_room
def again(request: HttpRequest, recipient: Recipient) -> HttpResponse:
    """A new code for what this browser asked for."""
    asked = _asked(request, recipient)
    if asked is None:
        return _code_page(request, recipient, None, status=422)
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        return errors.too_often(request)
    try:
        asked = proofs.request_again(recipient.letter, asked)
    except proofs.TooSoon:
        return errors.too_often(request, settings.CODE_WAIT_SECONDS)
    except codes.Busy:
        return errors.busy(request)
    return _keep(SeeOther(url(recipient, "answer_code")), recipient, asked)


@require_safe
@for_room
def published(request: HttpRequest, recipient: Recipient) -> HttpResponse:
    publication = recipient.publications.last()
    if publication is None:
        return SeeOther(url(recipient, "answer"))
    rows = publication.responses.select_related("recipient", "demand")
    context = {"responses": outcomes.answers(rows), "publication": publication}
    return page(request, recipient, "published", context)


def _asked(request: HttpRequest, recipient: Recipient) -> Pending | None:
    """What this browser asked for in this room; another recipient's request is none."""
    asked = read_pending(request, recipient.letter, responses.PURPOSE)
    return asked if asked and asked.address == recipient.address else None


def _keep(answer: HttpResponse, recipient: Recipient, asked: Pending) -> HttpResponse:
    return keep_pending(answer, recipient.letter, asked, path=url(recipient, "answer"))


def _publish(request: HttpRequest, recipient: Recipient, asked: Pending) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, recipient, form, status=422)
    try:
        responses.publish(recipient, asked, form.cleaned_data["code"])
    except proofs.CodeRefused as error:
        explain_code(form, error)
        return _code_page(request, recipient, form, status=422)
    except (responses.TakesNoAnswers, responses.DraftChanged) as error:
        return _not_published(request, recipient, error)
    answer = SeeOther(url(recipient, "answer_published"))
    return forget_pending(answer, recipient.letter, responses.PURPOSE, path=url(recipient, "answer"))


def _not_published(request: HttpRequest, recipient: Recipient, error: Exception) -> HttpResponse:
    if isinstance(error, responses.TakesNoAnswers):
        title, said = (
            _("This letter was archived meanwhile"),
            _("It takes no more answers. Nothing was published."),
        )
        return refused(request, recipient.letter, title, said, status=409)
    title = _("The draft or the letter was changed meanwhile")
    said = _("Nothing was published. Please look at what would be, and ask for a code again.")
    link = {"link_url": url(recipient, "answer_preview"), "link_text": _("Look at it again")}
    return refused(request, recipient.letter, title, said, status=409, **link)


def _preview_page(
    request: HttpRequest,
    recipient: Recipient,
    answers: list[Answer],
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    demands = {demand.pk: demand for demand in recipient.letter.demands.all()}
    rows = [
        Response(
            recipient=recipient,
            demand=demands.get(answer.demand or 0),
            status=answer.status,
            text=answer.text,
            responded_at=timezone.now(),
        )
        for answer in answers
    ]
    context = {
        "responses": [row | {"is_recorded": False} for row in outcomes.answers(rows)],
        "seen": responses.checksum(recipient.letter, answers),
        "problem": problem,
    }
    return page(request, recipient, "preview", context, status=status)


def _code_page(
    request: HttpRequest, recipient: Recipient, form: CodeForm | None, *, status: int = 200
) -> HttpResponse:
    return page(request, recipient, "code", {"form": form}, status=status)
