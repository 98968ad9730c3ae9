"""The mailbox of embedded mode: every mail that left, for whoever sits at this machine and nobody else."""

import ipaddress
from base64 import b64decode
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from petitions.embedded import mailbox

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]

FORWARDED = ("HTTP_X_FORWARDED", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
# Their types know only views without further arguments.
shows_mail: Any = csp(
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "frame-ancestors": [SELF],
        "sandbox": [True],
    }
)
shows_nothing: Any = csp({"default-src": [NONE], "sandbox": [True]})


def is_open_to(request: HttpRequest) -> bool:
    return bool(settings.MAILBOX_SOCKET) and _is_here(request)


def way_to_mailbox(request: HttpRequest) -> dict[str, bool]:
    """For every template: whether this reader may look into the mailbox."""
    return {"has_mailbox": is_open_to(request)}


def for_this_machine(view: View[Rest]) -> View[Rest]:
    """As if the page did not exist, wherever a mail sink does not run or somebody asks from elsewhere."""

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Rest.args, **named: Rest.kwargs) -> HttpResponseBase:
        if not is_open_to(request):
            raise Http404
        return view(request, *arguments, **named)

    return guarded


@for_this_machine
@require_safe
@never_cache
@vary_on_headers("Accept")
def index(request: HttpRequest) -> HttpResponse:
    mails = mailbox.read()
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse([_with_addresses(mail) for mail in mails], safe=False)
    for mail in mails:
        mail["received"] = parse_datetime(mail["received"])
    return render(request, "mailbox/index.html", {"mails": mails})


@for_this_machine
@require_safe
@never_cache
@xframe_options_sameorigin
@shows_mail
def html_part(_request: HttpRequest, key: str) -> HttpResponse:
    return HttpResponse(_find(key)["html"])


@for_this_machine
@require_safe
@never_cache
@shows_nothing
def attachment(_request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Always a download: a file that came by mail is never a page of ours."""
    attachments = _find(key)["attachments"]
    if number >= len(attachments):
        raise Http404
    file = attachments[number]
    answer = HttpResponse(b64decode(file["content"]), content_type=file["content_type"])
    answer["Content-Disposition"] = content_disposition_header(True, file["filename"])
    return answer


def _is_here(request: HttpRequest) -> bool:
    """True for a peer on this machine that speaks for itself, not for somebody behind it."""
    if any(name.startswith(FORWARDED) for name in request.META):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _find(key: str) -> dict[str, Any]:
    mail = mailbox.find(key)
    if mail is None:
        raise Http404
    return mail


def _with_addresses(mail: dict[str, Any]) -> dict[str, Any]:
    for number, file in enumerate(mail["attachments"]):
        file["url"] = settings.SITE_URL + reverse("mailbox_attachment", args=[mail["key"], number])
    return mail
